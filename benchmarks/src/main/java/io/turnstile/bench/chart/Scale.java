package io.turnstile.bench.chart;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How values are laid out along an axis. */
public enum Scale {
  /** Proportional, from zero. */
  LINEAR {
    @Override
    double position(double value) {
      return value;
    }

    @Override
    double[] domain(double min, double max) {
      double low = Math.min(0, min);
      double step = step(max - low);
      double high = Math.ceil(max / step - 1e-9) * step;
      return new double[] {Math.floor(low / step) * step, high > low ? high : low + step};
    }

    @Override
    List<Tick> ticks(double low, double high) {
      double step = step(high - low);
      List<Tick> ticks = new ArrayList<>();
      for (long i = Math.round(low / step); i * step <= high + step * 1e-6; i++) {
        ticks.add(new Tick(i * step, number(i * step)));
      }
      return ticks;
    }

    /** 1, 2 or 5 times a power of ten, so that there are four to eight ticks. */
    private double step(double range) {
      if (range <= 0) {
        return 1;
      }
      double power = Math.pow(10, Math.floor(Math.log10(range / 4)));
      double rest = range / 4 / power;
      return power * (rest < 2 ? 1 : rest < 5 ? 2 : 5);
    }
  },

  /** Logarithmic; for values above zero. */
  LOG {
    @Override
    double position(double value) {
      return Math.log10(Math.max(value, Double.MIN_NORMAL));
    }

    @Override
    double[] domain(double min, double max) {
      double low = Math.max(min, 1e-3);
      double high = Math.max(max, low * 2);
      return new double[] {down(low), up(high)};
    }

    @Override
    List<Tick> ticks(double low, double high) {
      boolean dense = high / low <= 1000;
      List<Tick> ticks = new ArrayList<>();
      for (int power = (int) Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
        for (int factor : new int[] {1, 2, 5}) {
          double value = factor * Math.pow(10, power);
          if (value >= low * 0.999 && value <= high * 1.001) {
            ticks.add(new Tick(value, factor == 1 || dense ? number(value) : ""));
          }
        }
      }
      return ticks;
    }

    private double down(double value) {
      double power = Math.pow(10, Math.floor(Math.log10(value)));
      double rest = value / power;
      return power * (rest >= 5 ? 5 : rest >= 2 ? 2 : 1);
    }

    private double up(double value) {
      double power = Math.pow(10, Math.floor(Math.log10(value)));
      double rest = value / power;
      return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
    }
  },

  /** Percentiles, each further nine as far as the one before it. */
  NINES {
    @Override
    double position(double value) {
      return -Math.log10(1 - Math.min(value, 100 - 1e-7) / 100);
    }

    @Override
    double[] domain(double min, double max) {
      return new double[] {0, max};
    }

    @Override
    List<Tick> ticks(double low, double high) {
      return List.of(0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999, 99.99999).stream()
          .filter(value -> value <= high)
          .map(value -> new Tick(value, plain(value) + " %"))
          .toList();
    }
  };

  /**
   * A line of the grid.
   *
   * @param label empty if the line has none
   */
  record Tick(double value, String label) {}

  /** Where a value lies; equal distances are equal lengths on the axis. */
  abstract double position(double value);

  /** The ends of an axis that shows these values. */
  abstract double[] domain(double min, double max);

  abstract List<Tick> ticks(double low, double high);

  private static String number(double value) {
    return Math.abs(value) >= 1000
        ? String.format(Locale.ROOT, "%,.0f", value)
        : plain(Math.round(value * 1e6) / 1e6);
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
