package io.turnstile.simulator;

import java.util.function.LongSupplier;

/** The same time between any two events. */
public final class UniformRateLimiter implements RateLimiter {

  private static final double NANOS_PER_SECOND = 1e9;

  private final double perSecond;
  private final LongSupplier nanoTime;
  private long start;
  private long issued;

  /**
   * @param perSecond events per second; 0 means unlimited: every event is meant to be sent now
   * @param nanoTime a clock like {@link System#nanoTime()}
   */
  public UniformRateLimiter(double perSecond, LongSupplier nanoTime) {
    if (!(perSecond >= 0) || Double.isInfinite(perSecond)) {
      throw new IllegalArgumentException("a rate is a number from 0 on, not " + perSecond);
    }
    this.perSecond = perSecond;
    this.nanoTime = nanoTime;
  }

  /**
   * {@inheritDoc} The first is now.
   *
   * <p>Each is counted from the first, so that rounding never adds up.
   */
  @Override
  public long nextIntendedNanos() {
    if (perSecond == 0) {
      return nanoTime.getAsLong();
    }
    if (issued == 0) {
      start = nanoTime.getAsLong();
    }
    return start + Math.round(issued++ * (NANOS_PER_SECOND / perSecond));
  }
}
