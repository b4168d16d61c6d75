package io.turnstile.bench.chart;

/** Something besides the data that a chart shows. */
public sealed interface Mark {

  String label();

  /** A limit: a horizontal line. */
  record Limit(double y, String label) implements Mark {}

  /**
   * Something that happened: a vertical line, or a band up to its end.
   *
   * @param to null for what took no time
   */
  record Event(double from, Double to, String label) implements Mark {}
}
