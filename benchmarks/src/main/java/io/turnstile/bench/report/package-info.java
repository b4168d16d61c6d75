/**
 * The report of a set of results: built once as a {@link io.turnstile.bench.report.Document}, and
 * written as HTML, as Markdown, and figure by figure as SVG and CSV.
 */
package io.turnstile.bench.report;
