package io.turnstile.bench.result;

import java.util.List;

/**
 * Inputs written but not yet read by the engine.
 *
 * @param max the most, in records
 * @param series records over time
 */
public record ConsumerLag(long max, List<Point> series) {

  public ConsumerLag {
    series = NullAsEmpty.copyOf(series);
  }
}
