package io.turnstile.testbed;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waiting for something that nobody announces. */
final class Poll {
  private static final long INTERVAL_MS = 50;

  private Poll() {}

  /**
   * Returns as soon as the condition holds.
   *
   * @param failure makes the exception for when it does not hold in time
   */
  static void until(
      Duration timeout, BooleanSupplier condition, Supplier<? extends RuntimeException> failure) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > timeout.toNanos()) {
        throw failure.get();
      }
      try {
        Thread.sleep(INTERVAL_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new TestbedException("interrupted while waiting", e);
      }
    }
  }
}
