package io.turnstile.simulator;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Draws ranks with probability proportional to 1 / (rank + 1)^exponent. Immutable. */
final class Zipf {

  private final double[] cumulative;

  /**
   * @param ranks their number, at least 1
   * @param exponent 0 makes all equally likely
   */
  Zipf(int ranks, double exponent) {
    cumulative = new double[ranks];
    double sum = 0;
    for (int rank = 0; rank < ranks; rank++) {
      sum += Math.pow(rank + 1, -exponent);
      cumulative[rank] = sum;
    }
    for (int rank = 0; rank < ranks; rank++) {
      cumulative[rank] /= sum;
    }
  }

  /** A rank from 0. */
  int sample(RandomGenerator random) {
    int found = Arrays.binarySearch(cumulative, random.nextDouble());
    // A hit on the bound of a rank belongs to the next one: [previous bound, own bound).
    return Math.min(found >= 0 ? found + 1 : -found - 1, cumulative.length - 1);
  }
}
