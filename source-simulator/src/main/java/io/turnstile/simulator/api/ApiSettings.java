package io.turnstile.simulator.api;

import java.time.Duration;

/**
 * What the API has, and how it misbehaves. Immutable.
 *
 * @param host to listen at
 * @param port to listen at, 0 for a free one
 * @param products how many there are
 * @param customers how many there are
 * @param maxPageSize records that a page has at most, whatever is asked for
 * @param latency of every answer
 * @param failures share of requests that are answered 500
 * @param throttled share of requests that are answered 429, with {@code Retry-After: 1}
 * @param truncated share of answers that are cut off
 * @param changesPerSecond records that change
 * @param cursorLifetime after which a cursor is answered 410; null for never
 * @param seed same seed, same faults and changes
 */
public record ApiSettings(
    String host,
    int port,
    int products,
    int customers,
    int maxPageSize,
    Duration latency,
    double failures,
    double throttled,
    double truncated,
    double changesPerSecond,
    Duration cursorLifetime,
    long seed) {

  /** An API without faults on a free port of the loopback interface. */
  public static ApiSettings faultless(int products, int customers, int maxPageSize) {
    return new ApiSettings(
        "127.0.0.1", 0, products, customers, maxPageSize, Duration.ZERO, 0, 0, 0, 0, null, 1);
  }

  /**
   * Checks the bounds.
   *
   * @throws IllegalArgumentException if one is broken
   */
  public ApiSettings {
    if (products < 0 || customers < 0 || maxPageSize < 1 || changesPerSecond < 0) {
      throw new IllegalArgumentException(
          "numbers of records and changes must not be negative, and a page has one record or more");
    }
    if (Math.min(failures, Math.min(throttled, truncated)) < 0
        || failures + throttled + truncated > 1) {
      throw new IllegalArgumentException("the shares of faults must be between 0 and 1 in all");
    }
  }
}
