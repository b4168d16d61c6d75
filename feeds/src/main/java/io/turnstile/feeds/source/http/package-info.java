/** Pages of an HTTP API. */
package io.turnstile.feeds.source.http;
