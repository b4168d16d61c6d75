/** Rows of a table. */
package io.turnstile.feeds.source.jdbc;
