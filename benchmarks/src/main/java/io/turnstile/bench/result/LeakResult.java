package io.turnstile.bench.result;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.OptionalInt;

/**
 * Tells whether anything grew without end while the load stayed the same.
 *
 * @param verdict the worst of all metrics: a leak before what cannot be told
 * @param heapDump file name of a heap dump beside the result; null if there is none
 */
public record LeakResult(Verdict verdict, List<Trend> trends, String heapDump) {

  /** The metric of the whole job; state has to grow until the dedup window is full. */
  public static final String STATE_SIZE = "state size";

  /** Returns how many metrics leak; empty unless all but the state size could be judged. */
  public OptionalInt count() {
    List<Verdict> ofProcesses =
        trends.stream()
            .filter(trend -> !trend.figure().equals(STATE_SIZE))
            .map(Trend::verdict)
            .toList();
    return ofProcesses.isEmpty() || ofProcesses.contains(Verdict.NOT_ENOUGH_DATA)
        ? OptionalInt.empty()
        : OptionalInt.of(
            (int) trends.stream().filter(trend -> trend.verdict() == Verdict.LEAK).count());
  }

  /** The judgement of a metric over time. */
  public enum Verdict {
    @JsonProperty("leak")
    LEAK,
    @JsonProperty("not enough data")
    NOT_ENOUGH_DATA,
    @JsonProperty("no leak")
    NO_LEAK
  }

  /**
   * The growth of a metric of a process.
   *
   * @param figure its name, as {@code heap after GC}
   * @param slopePerHour units per hour; null if there are too few samples
   * @param lowPerHour lower end of the slope's confidence interval
   * @param tolerancePerHour the growth from which on it counts as a leak
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
      List<Point> series) {}
}
