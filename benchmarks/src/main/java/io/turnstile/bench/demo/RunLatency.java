package io.turnstile.bench.demo;

import java.time.Duration;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * Latencies of a run, given interval by interval: all after the warm-up, and those outside of a
 * disturbance. In microseconds. Not thread-safe.
 *
 * <p>A disturbance lasts until the end of the first interval, from its resumption on, whose median
 * is again at or below the 99th percentile before it.
 */
final class RunLatency {

  private static final int DIGITS = 2;

  /** Stands in for the percentile before if nothing was measured before. */
  private static final long DEFAULT_LIMIT_MICROS = 1_000_000;

  private final Duration warmUp;
  private final Histogram all = new Histogram(DIGITS);
  private final Histogram undisturbed = new Histogram(DIGITS);
  private Duration disturbedAt;
  private Duration recoveredAt;
  private boolean resumed;
  private long limitMicros;

  RunLatency(Duration warmUp) {
    this.warmUp = warmUp;
  }

  /**
   * Adds the verdicts of an interval.
   *
   * @param end of the interval, since the run's start; one that ends in the warm-up does not count
   */
  void add(Histogram interval, Duration end) {
    if (end.compareTo(warmUp) <= 0) {
      return;
    }
    all.add(interval);
    if (disturbedAt == null || recoveredAt != null) {
      undisturbed.add(interval);
    } else if (resumed
        && interval.getTotalCount() > 0
        && interval.getValueAtPercentile(50) <= limitMicros) {
      recoveredAt = end;
    }
  }

  /** A disturbance begins; there is at most one in a run. */
  void disturbed(Duration at) {
    disturbedAt = at;
    limitMicros =
        undisturbed.getTotalCount() == 0
            ? DEFAULT_LIMIT_MICROS
            : undisturbed.getValueAtPercentile(99);
  }

  /** Something that came after the disturbance has got its verdict. */
  void resumed() {
    resumed = true;
  }

  Duration warmUp() {
    return warmUp;
  }

  Histogram all() {
    return all;
  }

  Histogram undisturbed() {
    return undisturbed;
  }

  /** How long the disturbance lasted; none if there was none or it did not end. */
  Optional<Duration> disturbance() {
    return Optional.ofNullable(recoveredAt).map(end -> end.minus(disturbedAt));
  }
}
