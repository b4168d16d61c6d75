package io.turnstile.bench.scenario;

import java.util.regex.Pattern;

/** Checks of values in scenario files. The messages begin with the key, as {@code rate: …}. */
final class Check {

  private Check() {}

  static <T> T orDefault(T value, T otherwise) {
    return value == null ? otherwise : value;
  }

  static <T> T required(String key, T value) {
    if (value == null) {
      throw new IllegalArgumentException(key + ": is required");
    }
    return value;
  }

  static String matches(String key, String pattern, String value) {
    if (!Pattern.matches(pattern, value)) {
      throw new IllegalArgumentException(
          "%s: '%s' does not match the pattern %s".formatted(key, value, pattern));
    }
    return value;
  }

  /** Returns a number that is at least so large, or the default if the file says none. */
  static double atLeast(String key, double least, Double value, double otherwise) {
    if (value != null && !(value >= least && Double.isFinite(value))) {
      throw new IllegalArgumentException(
          "%s: must be at least %s, not %s".formatted(key, text(least), text(value)));
    }
    return value == null ? otherwise : value;
  }

  static long atLeast(String key, long least, Long value, long otherwise) {
    atLeast(key, (double) least, value == null ? null : value.doubleValue(), 0);
    return value == null ? otherwise : value;
  }

  static double above0(String key, Double value, double otherwise) {
    if (value != null && value == 0) {
      throw new IllegalArgumentException(key + ": must be above 0");
    }
    return atLeast(key, 0, value, otherwise);
  }

  static double share(String key, Double value) {
    if (value != null && !(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(
          "%s: must be from 0 to 1, not %s".formatted(key, text(value)));
    }
    return value == null ? 0 : value;
  }

  private static String text(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
