/** Charts as SVG: text stays text, no script, no style sheet, so that a file stands alone. */
package io.turnstile.bench.chart;
