package io.turnstile.simulator;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Waits for the intended times of an open loop, and has other work done meanwhile. {@link #stop},
 * {@link #stopped} and {@link #behindNanos} may be called by any thread, the other methods only by
 * the one that runs. Waits end soon after {@link #stop}.
 */
final class Pacer {

  /** Marker in place of a time: the events have ended. */
  static final long END = Long.MAX_VALUE;

  private static final long MAX_PARK_NANOS = 5_000_000;

  /**
   * Waking for each transaction would cost more than sending it: those due meanwhile go together.
   */
  private static final long MIN_BETWEEN_WAKES_NANOS = 500_000;

  /** Work that is done between waits, at least every 5 ms. */
  interface Meanwhile {

    void run(long nowNanos) throws IOException, InterruptedException;
  }

  private final LongSupplier nanoTime;
  private final Meanwhile meanwhile;
  private RateLimiter limiter;
  private long durationNanos;
  private boolean first = true;
  private long startNanos;
  private long wokeNanos;
  private volatile long behindNanos;
  private volatile boolean stopped;

  /**
   * @param nanoTime a clock like {@link System#nanoTime()}
   */
  Pacer(LongSupplier nanoTime, Meanwhile meanwhile) {
    this.nanoTime = nanoTime;
    this.meanwhile = meanwhile;
  }

  /** Starts the run; called once, before any wait. */
  void start(SimulationOptions options) {
    limiter =
        options.stages().isEmpty()
            ? new UniformRateLimiter(options.rate(), nanoTime)
            : new StagedRateLimiter(options.stages(), nanoTime);
    durationNanos = nanos(options.duration());
    startNanos = nanoTime.getAsLong();
    wokeNanos = startNanos;
  }

  /**
   * Waits for the next intended time.
   *
   * @return that time, or {@link #END} if the duration or the stages are over or the run is stopped
   */
  long awaitNext() throws IOException, InterruptedException {
    long intended = limiter.nextIntendedNanos();
    if (intended == END) {
      return END;
    }
    if (first) {
      startNanos = intended;
      first = false;
    }
    if (intended - startNanos >= durationNanos || !awaitTime(intended)) {
      return END;
    }
    behindNanos = Math.max(0, nanoTime.getAsLong() - intended);
    return intended;
  }

  /** Waits for a time to pass. */
  void pause(Duration length) throws IOException, InterruptedException {
    awaitTime(nanoTime.getAsLong() + length.toNanos());
  }

  /** Waits until a condition holds, but no longer than the timeout. */
  void awaitCondition(BooleanSupplier condition, Duration timeout)
      throws IOException, InterruptedException {
    long deadline = nanoTime.getAsLong() + timeout.toNanos();
    long now = nanoTime.getAsLong();
    while (!condition.getAsBoolean() && !stopped && now - deadline < 0) {
      meanwhile.run(now);
      park(MAX_PARK_NANOS);
      now = nanoTime.getAsLong();
    }
  }

  /** Waits for a latch, with no other work meanwhile. */
  void await(CountDownLatch done) throws InterruptedException {
    while (!stopped && !done.await(MAX_PARK_NANOS, TimeUnit.NANOSECONDS)) {
      // Tests again whether the run was stopped.
    }
  }

  void stop() {
    stopped = true;
  }

  boolean stopped() {
    return stopped;
  }

  /** Nanoseconds between the latest intended time and the end of the wait for it. */
  long behindNanos() {
    return behindNanos;
  }

  /** Seconds since the first intended time, or since the start if there was none. */
  double elapsedSeconds() {
    return (nanoTime.getAsLong() - startNanos) / 1e9;
  }

  /** Returns false if the run was stopped meanwhile. */
  private boolean awaitTime(long nanos) throws IOException, InterruptedException {
    while (true) {
      long now = nanoTime.getAsLong();
      meanwhile.run(now);
      if (stopped || nanos - now <= 0) {
        return !stopped;
      }
      park(Math.max(nanos, wokeNanos + MIN_BETWEEN_WAKES_NANOS) - now);
      wokeNanos = nanoTime.getAsLong();
    }
  }

  private static void park(long nanos) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("interrupted while sending");
    }
    LockSupport.parkNanos(Math.min(nanos, MAX_PARK_NANOS));
  }

  private static long nanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }
}
