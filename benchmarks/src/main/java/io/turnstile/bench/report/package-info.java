/**
 * The report of a set of results: a page whose script draws them, a table in Markdown, and every
 * series as CSV.
 */
package io.turnstile.bench.report;
