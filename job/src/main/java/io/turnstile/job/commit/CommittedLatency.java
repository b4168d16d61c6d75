package io.turnstile.job.commit;

import java.util.Arrays;
import org.apache.flink.metrics.MetricGroup;

/**
 * Histogram of the latency from an input's append to the commit of its verdict, in cumulative
 * buckets: each counts all up to its bound in milliseconds, the label {@code le}; {@code Inf}
 * counts all. Buckets of several subtasks can be summed, unlike percentiles.
 *
 * <p>For the task thread; reporters read along and may be one verdict behind.
 */
public final class CommittedLatency {

  private static final long[] BOUNDS = {
    5, 10, 20, 30, 50, 75, 100, 150, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000
  };

  /** By bucket, each without the ones below it. */
  private final long[] counts = new long[BOUNDS.length + 1];

  public CommittedLatency(MetricGroup group) {
    for (int i = 0; i < counts.length; i++) {
      int bucket = i;
      // Not +Inf: reporters put underscores for what is no letter and no digit.
      String bound = i < BOUNDS.length ? Long.toString(BOUNDS[i]) : "Inf";
      group
          .addGroup("le", bound)
          .gauge("committedLatencyMillisBucket", () -> Arrays.stream(counts, 0, bucket + 1).sum());
    }
  }

  /** Adds a number of inputs with the same latency; below 0, by clocks that differ, counts as 0. */
  void add(long millis, long inputs) {
    int bucket = 0;
    while (bucket < BOUNDS.length && millis > BOUNDS[bucket]) {
      bucket++;
    }
    counts[bucket] += inputs;
  }
}
