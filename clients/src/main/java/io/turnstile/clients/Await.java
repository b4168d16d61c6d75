package io.turnstile.clients;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Polls for a condition that nothing announces. Thread-safe. */
public final class Await {
  private static final long INTERVAL_MS = 50;

  private Await() {}

  /**
   * Returns as soon as the condition holds.
   *
   * @param failure makes the exception for when it does not hold in time
   */
  public static void until(
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
        throw new IllegalStateException("interrupted while waiting", e);
      }
    }
  }
}
