package io.turnstile.bench.chart;

import java.util.List;

/**
 * A line chart.
 *
 * @param id unique in a document; letters, digits and hyphens
 */
public record Chart(
    String id, String title, Axis x, Axis y, List<Series> series, List<Mark> marks) {

  public Chart {
    series = List.copyOf(series);
    marks = List.copyOf(marks);
  }

  /** Whether there is anything to draw: a single point makes no line. */
  public boolean isEmpty() {
    return series.stream().allMatch(each -> each.points().size() < 2);
  }
}
