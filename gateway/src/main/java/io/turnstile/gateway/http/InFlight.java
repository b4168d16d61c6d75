package io.turnstile.gateway.http;

import java.util.concurrent.atomic.AtomicInteger;

/** Counts requests in flight, up to a bound, and ends it all. Thread-safe. */
public final class InFlight {

  private final int max;
  private final AtomicInteger count = new AtomicInteger();
  private volatile boolean stopping;

  /**
   * @param max at most so many at a time
   */
  public InFlight(int max) {
    this.max = max;
  }

  /** Lets one in; false if there are too many. */
  boolean enter() {
    if (count.incrementAndGet() > max) {
      count.decrementAndGet();
      return false;
    }
    return true;
  }

  void leave() {
    count.decrementAndGet();
  }

  /** Lets no new one in. */
  public void stop() {
    stopping = true;
  }

  boolean isStopping() {
    return stopping;
  }

  public int count() {
    return count.get();
  }
}
