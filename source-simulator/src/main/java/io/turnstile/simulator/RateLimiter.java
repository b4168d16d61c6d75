package io.turnstile.simulator;

/**
 * Computes the time at which each event of an open loop is meant to be sent. It never waits and
 * never forgives: a sender that falls behind gets times that have passed, and so measures its own
 * delay. Not thread-safe.
 */
interface RateLimiter {

  /**
   * The next event's intended time, in nanoseconds of {@link System#nanoTime()}; {@link Pacer#END}
   * if there is no next event.
   */
  long nextIntendedNanos();
}
