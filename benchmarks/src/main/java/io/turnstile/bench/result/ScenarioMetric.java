package io.turnstile.bench.result;

/**
 * A metric that only one scenario has, as the bytes of state per id.
 *
 * @param name unique within the result
 * @param better the way in which it improves; null if neither
 */
public record ScenarioMetric(String name, double value, String unit, Direction better) {

  /** The way in which a metric improves. */
  public enum Direction {
    HIGHER,
    LOWER
  }
}
