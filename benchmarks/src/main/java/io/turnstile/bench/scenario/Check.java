package io.turnstile.bench.scenario;

import java.util.regex.Pattern;

/** Checks of values in scenario files. The messages begin with the key, as {@code rate: …}. */
final class Check {

  private Check() {}

  static void that(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  static <T> T required(String key, T value) {
    that(value != null, key + ": is required");
    return value;
  }

  /** Returns a text of that pattern, or the default if the file says none. */
  static String matches(String key, String pattern, String value, String otherwise) {
    that(
        value == null || Pattern.matches(pattern, value),
        "%s: '%s' does not match the pattern %s".formatted(key, value, pattern));
    return value == null ? otherwise : value;
  }

  static <N extends Number> N atLeast(String key, int least, N value, N otherwise) {
    return within(key, "at least " + least, least, Double.MAX_VALUE, value, otherwise);
  }

  static Double above0(String key, Double value, Double otherwise) {
    return within(key, "above 0", Double.MIN_VALUE, Double.MAX_VALUE, value, otherwise);
  }

  static Double share(String key, Double value) {
    return within(key, "from 0 to 1", 0, 1, value, 0.0);
  }

  /** Returns a number within a range, or the default if the file says none. */
  static <N extends Number> N within(
      String key, String range, double least, double most, N value, N otherwise) {
    that(
        value == null || (value.doubleValue() >= least && value.doubleValue() <= most),
        "%s: must be %s, not %s".formatted(key, range, value));
    return value == null ? otherwise : value;
  }
}
