package io.turnstile.bench.result;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

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

  public LatencySummary {
    percentiles = NullAsEmpty.copyOf(percentiles);
  }

  /** Summarises a histogram of microseconds; an empty one is all zeros. */
  public static LatencySummary ofMicros(Histogram micros) {
    List<Point> percentiles = new ArrayList<>();
    for (HistogramIterationValue value : micros.percentiles(STEPS)) {
      percentiles.add(
          new Point(value.getPercentileLevelIteratedTo(), millis(value.getValueIteratedTo())));
    }
    return new LatencySummary(
        Math.round(micros.getMean()) / 1000.0,
        at(micros, 50),
        at(micros, 90),
        at(micros, 95),
        at(micros, 99),
        at(micros, 99.9),
        millis(micros.getMaxValue()),
        micros.getTotalCount(),
        percentiles);
  }

  private static double at(Histogram micros, double percentile) {
    return millis(micros.getValueAtPercentile(percentile));
  }

  private static double millis(long micros) {
    return micros / 1000.0;
  }
}
