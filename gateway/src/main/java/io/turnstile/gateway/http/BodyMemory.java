package io.turnstile.gateway.http;

import java.util.concurrent.atomic.AtomicLong;

/** Counts the bytes of bodies that are in memory, up to a bound. Thread-safe. */
public final class BodyMemory {

  private final long max;
  private final AtomicLong used = new AtomicLong();

  /**
   * @param max bytes at a time
   */
  public BodyMemory(long max) {
    this.max = max;
  }

  /** Takes room for so many more bytes; false if there is none. */
  public boolean take(int bytes) {
    if (used.addAndGet(bytes) > max) {
      used.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  /** Gives back what was taken. */
  public void release(int bytes) {
    used.addAndGet(-bytes);
  }
}
