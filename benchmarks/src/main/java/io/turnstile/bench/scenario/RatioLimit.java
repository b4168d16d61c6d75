package io.turnstile.bench.scenario;

import java.util.EnumSet;
import java.util.Set;

/**
 * A bound on the ratio of one engine's metric to another's. Each metric is the median over the
 * engine's repeats: engines take turns, so that what slows one down slows down the other.
 *
 * @param figure the metric's key, as {@code committed_p50_ms}
 * @param of the engine
 * @param to the other engine
 * @param atMost the highest ratio; null for any
 * @param atLeast the lowest; null for any
 * @param goal true for a bound that is wished for, not promised
 */
public record RatioLimit(
    String figure, String of, String to, Double atMost, Double atLeast, boolean goal) {

  /** The metrics that engines are compared by. */
  public static final Set<Metric> METRICS =
      EnumSet.of(
          Metric.COMMITTED_P50_MS,
          Metric.COMMITTED_P95_MS,
          Metric.COMMITTED_P99_MS,
          Metric.COMMITTED_P999_MS,
          Metric.DRAIN_PER_S);
}
