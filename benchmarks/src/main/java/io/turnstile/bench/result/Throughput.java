package io.turnstile.bench.result;

import java.util.List;

/**
 * Records per second in the measured part of the run.
 *
 * @param meanPerS committed verdicts
 * @param series committed verdicts in each second from t on
 * @param publishedPerS inputs acknowledged by the broker
 * @param processedPerS inputs decided, committed or not
 * @param committedPerS the same as {@code meanPerS}
 * @param publishedSeries inputs acknowledged in each second from t on
 */
public record Throughput(
    double meanPerS,
    List<Point> series,
    Double publishedPerS,
    Double processedPerS,
    Double committedPerS,
    List<Point> publishedSeries) {

  public Throughput {
    series = NullAsEmpty.copyOf(series);
    publishedSeries = NullAsEmpty.copyOf(publishedSeries);
  }
}
