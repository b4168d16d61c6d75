package io.turnstile.bench.result;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;

/**
 * Tells whether anything grew without end while the load stayed the same.
 *
 * @param verdict the worst of all metrics: a leak before what cannot be told
 * @param heapDump file name of a heap dump beside the result; null if there is none
 */
public record LeakResult(Verdict verdict, List<Trend> trends, String heapDump) {

  public LeakResult {
    trends = NullAsEmpty.copyOf(trends);
  }

  /** The judgement of a metric over time. */
  public enum Verdict {
    LEAK,
    NOT_ENOUGH_DATA,
    NO_LEAK;

    /** As a person reads it, and as the JSON has it. */
    @JsonValue
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /**
   * The growth of a metric of a process.
   *
   * @param figure its name, as {@code heap after GC}
   * @param unit of the metric
   * @param slopePerHour units per hour; null if there are too few samples
   * @param lowPerHour lower end of the slope's confidence interval
   * @param highPerHour upper end
   * @param tolerancePerHour the growth from which on it counts as a leak
   * @param series the samples judged
   */
  public record Trend(
      String process,
      String figure,
      String unit,
      Verdict verdict,
      Double slopePerHour,
      Double lowPerHour,
      Double highPerHour,
      double tolerancePerHour,
      List<Point> series) {

    public Trend {
      series = NullAsEmpty.copyOf(series);
    }
  }
}
