package io.turnstile.bench.result;

/**
 * A figure that only one scenario has, as the bytes of state per id.
 *
 * @param name unique within the result
 * @param better which way is better; null if neither
 */
public record Figure(String name, double value, String unit, Direction better) {

  /** Which way a figure improves. */
  public enum Direction {
    HIGHER,
    LOWER
  }
}
