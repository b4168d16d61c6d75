package io.turnstile.simulator;

/**
 * Says when each event of an open loop is meant to be sent. It never waits and never forgives: who
 * falls behind gets times that have passed, and so measures its own delay. Not thread-safe.
 */
interface RateLimiter {

  /** The next event's intended time, in nanoseconds of {@link System#nanoTime()}. */
  long nextIntendedNanos();
}
