package io.turnstile.decision.token;

import java.io.InterruptedIOException;
import java.util.function.LongSupplier;

/** The time by which keys are fetched. */
interface RefreshClock {

  /** Other readings of the time; sleep is real. */
  static RefreshClock of(LongSupplier nanoTime, LongSupplier epochMillis) {
    return new RefreshClock() {
      @Override
      public long nanoTime() {
        return nanoTime.getAsLong();
      }

      @Override
      public long epochMillis() {
        return epochMillis.getAsLong();
      }

      @Override
      public void sleep(long millis) throws InterruptedException {
        Thread.sleep(millis);
      }
    };
  }

  /** As {@link System#nanoTime}. */
  long nanoTime();

  /** As {@link System#currentTimeMillis}. */
  long epochMillis();

  /** As {@link Thread#sleep(long)}. */
  void sleep(long millis) throws InterruptedException;

  /** The same; an interrupt is kept and thrown as an I/O failure. */
  default void pause(long millis) throws InterruptedIOException {
    try {
      sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for the JWKS");
    }
  }
}
