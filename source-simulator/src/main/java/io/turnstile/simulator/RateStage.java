package io.turnstile.simulator;

import java.time.Duration;

/**
 * A part of a run in which the rate moves in a straight line.
 *
 * @param length of the stage
 * @param from events per second at its beginning
 * @param to events per second at its end
 */
public record RateStage(Duration length, double from, double to) {

  /** Rejects what cannot be sent. */
  public RateStage {
    if (length.isNegative() || length.isZero()) {
      throw new IllegalArgumentException("a stage takes time, not " + length);
    }
    if (!(from >= 0 && to >= 0) || Double.isInfinite(from + to)) {
      throw new IllegalArgumentException("rates are numbers from 0 on, not " + from + " and " + to);
    }
  }

  /** A stage of one rate. */
  public static RateStage constant(Duration length, double rate) {
    return new RateStage(length, rate, rate);
  }

  /** The number of its events, not necessarily a whole one. */
  public double events() {
    return seconds() * (from + to) / 2;
  }

  double seconds() {
    return length.toNanos() / 1e9;
  }

  /** The seconds of the stage in which its first n events are sent; n up to all of them. */
  double secondsUntil(double n) {
    double slope = (to - from) / seconds();
    // The root that has no difference of large numbers in it; n events are from·t + slope·t²/2.
    double root = Math.sqrt(Math.max(0, from * from + 2 * slope * n));
    return n == 0 ? 0 : 2 * n / (from + root);
  }
}
