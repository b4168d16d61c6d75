/**
 * The report of a set of results: {@link io.turnstile.bench.report.Report} judges them, {@code
 * report.html} is a page whose script draws tables and charts of them, and beside it lie a table in
 * Markdown and every series as CSV.
 */
package io.turnstile.bench.report;
