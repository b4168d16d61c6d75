package io.turnstile.bench.result;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * Latency in milliseconds from the intended send time, so that a late send counts, too.
 *
 * @param committed to the return of a {@code read_committed} poll
 * @param uncommitted to the return of a {@code read_uncommitted} poll
 * @param series committed latency of what was sent in each interval from t on
 */
public record Latency(LatencySummary committed, LatencySummary uncommitted, List<Interval> series) {

  public Latency {
    series = NullAsEmpty.copyOf(series);
  }

  /** The latency of what was sent in an interval, most often of one second. */
  public record Interval(
      @JsonProperty("t") double t, double p50, double p99, double max, Long count) {}
}
