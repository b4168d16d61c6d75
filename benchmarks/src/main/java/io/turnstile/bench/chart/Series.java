package io.turnstile.bench.chart;

import io.turnstile.bench.result.Point;
import java.util.List;

/**
 * A line of a chart.
 *
 * @param name of all lines that share an entry of the legend
 * @param repeat which of these lines this is
 * @param style of all lines of that name
 * @param faint whether it stands behind the others, as a repeat of them
 * @param points by x; a y that is no number interrupts the line
 */
public record Series(String name, int repeat, Style style, boolean faint, List<Point> points) {

  public Series {
    points = List.copyOf(points);
  }
}
