package io.turnstile.bench.chart;

/**
 * An axis of a chart.
 *
 * @param label what it shows, and its unit
 * @param column the same as a name in a CSV file, as {@code latency_ms}
 * @param divisor the tick labels are the values divided by it: to show seconds as minutes
 */
public record Axis(String label, String column, Scale scale, double divisor) {

  public Axis(String label, String column, Scale scale) {
    this(label, column, scale, 1);
  }

  /** Seconds from 0 on, labelled in the unit that suits so many of them. */
  public static Axis time(double seconds) {
    String since = "time since the measured part began, ";
    if (seconds >= 3 * 3600) {
      return new Axis(since + "h", "t_s", Scale.LINEAR, 3600);
    }
    if (seconds >= 600) {
      return new Axis(since + "min", "t_s", Scale.LINEAR, 60);
    }
    return new Axis(since + "s", "t_s", Scale.LINEAR);
  }
}
