package io.turnstile.bench.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.RunResult;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.math3.stat.descriptive.rank.Median;

/**
 * The runs of one scenario on one engine: of each metric their median counts. A metric of a run is
 * null if it was not measured.
 *
 * @param runs at least one
 */
public record Repeats(String scenario, @JsonProperty("name") String engine, List<RunResult> runs) {

  /** Committed verdicts per second. */
  public static final Function<RunResult, Double> RATE =
      run -> run.throughput() == null ? null : run.throughput().meanPerS();

  /** A percentile of the committed latency, in milliseconds. */
  public static Function<RunResult, Double> committed(Function<LatencySummary, Double> percentile) {
    return run -> {
      LatencySummary latency = run.latencyMs() == null ? null : run.latencyMs().committed();
      boolean measured = latency != null && (latency.count() == null || latency.count() > 0);
      return measured ? percentile.apply(latency) : null;
    };
  }

  /** Groups results by scenario and engine, in the order of the first runs. */
  public static List<Repeats> of(List<RunResult> results) {
    return List.copyOf(byName(results).values());
  }

  /** The same, by their {@linkplain #toString() name}. */
  public static Map<String, Repeats> byName(List<RunResult> results) {
    Map<String, Repeats> groups = new LinkedHashMap<>();
    for (RunResult run : results) {
      Repeats repeats = new Repeats(run.scenario(), run.engine(), new ArrayList<>());
      groups.computeIfAbsent(repeats.toString(), name -> repeats).runs.add(run);
    }
    return groups;
  }

  /** Null if no run has a value. */
  public Double median(Function<RunResult, Double> metric) {
    return median(runs.stream().map(metric));
  }

  /** The least and the greatest value, of the runs that have one. */
  public DoubleSummaryStatistics range(Function<RunResult, Double> metric) {
    return runs.stream()
        .map(metric)
        .filter(Objects::nonNull)
        .collect(Collectors.summarizingDouble(Double::doubleValue));
  }

  /** The median of those values that are not null; null if there is none. */
  public static Double median(Stream<Double> values) {
    double[] known = values.filter(Objects::nonNull).mapToDouble(Double::doubleValue).toArray();
    return known.length == 0 ? null : new Median().evaluate(known);
  }

  /** Tells whether all runs pass. */
  public boolean passed() {
    return runs.stream().allMatch(RunResult::passed);
  }

  /** Number of runs with a clean audit. */
  @JsonProperty
  public long clean() {
    return runs.stream().filter(run -> run.audit() != null && run.audit().passed()).count();
  }

  public boolean allClean() {
    return clean() == runs.size();
  }

  /** As a reader sees it: {@code steady-10k on turnstile}. */
  @Override
  public String toString() {
    return scenario + " on " + engine;
  }
}
