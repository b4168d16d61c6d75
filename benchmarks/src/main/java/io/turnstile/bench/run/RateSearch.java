package io.turnstile.bench.run;

import java.util.OptionalDouble;

/**
 * A search for the highest rate that holds: upwards in large steps to the first that does not, then
 * halving what lies between. Not thread-safe.
 */
final class RateSearch {

  private static final double FACTOR = 1.5;

  /** Rates closer to each other than this are not told apart. */
  private static final double RESOLUTION = 1.1;

  private final double lowest;
  private final double highest;
  private double held;
  private double notHeld = Double.POSITIVE_INFINITY;

  /**
   * @param lowest the first rate to be tried
   * @param highest beyond which is not looked
   */
  RateSearch(double lowest, double highest) {
    this.lowest = lowest;
    this.highest = highest;
  }

  /** The next rate to be tried; empty when it is found. */
  OptionalDouble next() {
    if (held == 0) {
      // Where not even the lowest holds, nothing below is looked for.
      return notHeld == Double.POSITIVE_INFINITY
          ? OptionalDouble.of(lowest)
          : OptionalDouble.empty();
    }
    if (notHeld == Double.POSITIVE_INFINITY) {
      return held < highest
          ? OptionalDouble.of(Math.min(highest, round(held * FACTOR)))
          : OptionalDouble.empty();
    }
    return notHeld / held < RESOLUTION
        ? OptionalDouble.empty()
        : OptionalDouble.of(round((held + notHeld) / 2));
  }

  /** Takes note of a rate that was tried. */
  void tried(double rate, boolean holds) {
    if (holds) {
      held = Math.max(held, rate);
    } else {
      notHeld = Math.min(notHeld, rate);
    }
  }

  /** The highest rate that held; 0 if none did. */
  double found() {
    return held;
  }

  private static double round(double rate) {
    return Math.rint(rate / 100) * 100;
  }
}
