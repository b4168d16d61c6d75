package io.turnstile.decision.token;

import java.util.Map;

/** Times of a token: NumericDates of RFC 7519. */
final class NumericDate {

  /** The first second of the year 2200. A time beyond it is one in milliseconds, or nonsense. */
  private static final long LIMIT_SECONDS = 7_258_118_400L;

  private NumericDate() {}

  /**
   * In epoch milliseconds, which are not negative and below the limit. The JSON value is seconds,
   * maybe with a fraction; negative ones become 0.
   */
  static long millis(Map<String, Object> claims, String name) throws InvalidTokenException {
    if (!(claims.get(name) instanceof Number number)) {
      throw new InvalidTokenException("the token's " + name + " is missing or not a time");
    }
    double seconds = number.doubleValue();
    if (!(seconds < LIMIT_SECONDS)) {
      throw new InvalidTokenException(
          "the token's "
              + name
              + " lies beyond the year 2200: it must be in seconds since 1970, not in milliseconds");
    }
    return Math.max(0, Math.round(seconds * 1000));
  }
}
