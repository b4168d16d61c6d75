package io.turnstile.bench.report;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;

/** Numbers as the report writes them. */
final class Numbers {

  static final String NONE = "–";

  private Numbers() {}

  /** A number with so many decimals and thousands apart; a dash for none. */
  static String fixed(Number value, int decimals) {
    return value == null || !Double.isFinite(value.doubleValue())
        ? NONE
        : String.format(Locale.ROOT, "%,." + decimals + "f", value.doubleValue());
  }

  /** A number with about three digits that count. */
  static String brief(Number value) {
    if (value == null) {
      return NONE;
    }
    double size = Math.abs(value.doubleValue());
    if (value.doubleValue() == Math.rint(value.doubleValue()) || size >= 100) {
      return fixed(value, 0);
    }
    return fixed(value, size >= 10 ? 1 : size >= 1 ? 2 : 3);
  }

  /** A share as a percentage; one that is not whole is never rounded to 100 %. */
  static String percent(Double share) {
    if (share == null) {
      return NONE;
    }
    String text = String.format(Locale.ROOT, "%.2f", share * 100);
    if (text.equals("100.00")) {
      return share < 1 ? "> 99.99 %" : "100 %";
    }
    return text + " %";
  }

  /** The middle one, or the mean of the middle two; null of none. */
  static Double median(Collection<Double> values) {
    double[] sorted =
        values.stream().filter(Objects::nonNull).mapToDouble(Double::doubleValue).toArray();
    if (sorted.length == 0) {
      return null;
    }
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The value of something, or null if there is no such thing. */
  static <T, R> R of(T thing, Function<T, R> value) {
    return thing == null ? null : value.apply(thing);
  }
}
