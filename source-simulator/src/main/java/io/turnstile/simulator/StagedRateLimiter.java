package io.turnstile.simulator;

import java.util.List;
import java.util.function.LongSupplier;

/** Follows stages one after the other; at the end of the last, the events end. */
final class StagedRateLimiter implements RateLimiter {

  private static final double NANOS_PER_SECOND = 1e9;

  private final List<RateStage> stages;
  private final LongSupplier nanoTime;
  private long issued;
  private long start;
  private int stage;
  private double eventsBefore;
  private double secondsBefore;

  /**
   * @param nanoTime a clock like {@link System#nanoTime()}
   */
  StagedRateLimiter(List<RateStage> stages, LongSupplier nanoTime) {
    if (stages.isEmpty()) {
      throw new IllegalArgumentException("at least one stage is needed");
    }
    this.stages = List.copyOf(stages);
    this.nanoTime = nanoTime;
  }

  /** The first stage begins with the first call; after the last, {@link Pacer#END}. */
  @Override
  public long nextIntendedNanos() {
    if (issued == 0) {
      start = nanoTime.getAsLong();
    }
    long n = issued++;
    while (n >= eventsBefore + stages.get(stage).events()) {
      if (stage == stages.size() - 1) {
        return Pacer.END;
      }
      eventsBefore += stages.get(stage).events();
      secondsBefore += stages.get(stage).seconds();
      stage++;
    }
    double seconds = secondsBefore + stages.get(stage).secondsUntil(n - eventsBefore);
    return start + Math.round(seconds * NANOS_PER_SECOND);
  }
}
