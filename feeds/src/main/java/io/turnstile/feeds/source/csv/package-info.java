/** Records of a CSV file. */
package io.turnstile.feeds.source.csv;
