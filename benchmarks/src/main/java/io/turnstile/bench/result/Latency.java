package io.turnstile.bench.result;

import java.util.List;
import java.util.stream.StreamSupport;
import org.HdrHistogram.Histogram;

/**
 * Latency in milliseconds from the intended send time, so that a late send counts, too.
 *
 * @param committed to the return of a {@code read_committed} poll
 * @param uncommitted to the return of a {@code read_uncommitted} poll
 * @param series committed latency of what was sent in each interval from t on
 */
public record Latency(LatencySummary committed, LatencySummary uncommitted, List<Interval> series) {

  /** The latency of what was sent in an interval, most often of one second. */
  public record Interval(double t, double p50, double p99, double max, Long count) {}

  /**
   * A distribution of latencies, in milliseconds.
   *
   * @param percentiles the curve: x the percentile (0 to 100), y the latency there; the steps halve
   *     with each halving of the distance to 100
   */
  public record LatencySummary(
      double mean,
      double p50,
      double p90,
      double p95,
      double p99,
      double p999,
      double max,
      Long count,
      List<Point> percentiles) {

    /** Steps of the curve between a percentile and the one at half its distance to 100. */
    private static final int STEPS = 5;

    /** Summarises a histogram of microseconds; an empty one is all zeros. */
    public static LatencySummary ofMicros(Histogram micros) {
      return new LatencySummary(
          Math.round(micros.getMean()) / 1000.0,
          at(micros, 50),
          at(micros, 90),
          at(micros, 95),
          at(micros, 99),
          at(micros, 99.9),
          at(micros, 100),
          micros.getTotalCount(),
          StreamSupport.stream(micros.percentiles(STEPS).spliterator(), false)
              .map(
                  step ->
                      new Point(
                          step.getPercentileLevelIteratedTo(), step.getValueIteratedTo() / 1000.0))
              .toList());
    }

    private static double at(Histogram micros, double percentile) {
      return micros.getValueAtPercentile(percentile) / 1000.0;
    }
  }
}
