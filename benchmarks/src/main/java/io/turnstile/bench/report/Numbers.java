package io.turnstile.bench.report;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;

/** Numbers as the report writes them. */
final class Numbers {

  private Numbers() {}

  /** A number with so many decimals and thousands apart; a dash for none. */
  static String fixed(Number value, int decimals) {
    return value == null || !Double.isFinite(value.doubleValue())
        ? "–"
        : String.format(Locale.ROOT, "%,." + decimals + "f", value.doubleValue());
  }

  /** A number with about three significant digits. */
  static String brief(double value) {
    double size = Math.abs(value);
    boolean whole = value == Math.rint(value) || size >= 100;
    return fixed(value, whole ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
  }

  /** The middle one, or the mean of the middle two; null of none. */
  static Double median(Collection<Double> values) {
    double[] sorted =
        values.stream()
            .filter(Objects::nonNull)
            .mapToDouble(Double::doubleValue)
            .sorted()
            .toArray();
    if (sorted.length == 0) {
      return null;
    }
    int middle = sorted.length / 2;
    return Arrays.stream(sorted, (sorted.length - 1) / 2, middle + 1).average().getAsDouble();
  }

  /** The value of something, or null if there is no such thing. */
  static <T, R> R of(T thing, Function<T, R> value) {
    return thing == null ? null : value.apply(thing);
  }
}
