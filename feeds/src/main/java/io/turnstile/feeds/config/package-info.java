/** The file of feeds: its schema, and the records that it is read into. */
package io.turnstile.feeds.config;
