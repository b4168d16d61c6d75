package io.turnstile.bench.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.RunResult;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The runs of one scenario on one engine.
 *
 * @param engine its name
 * @param style number of the engine's colour, from 0: the same in every report if it is known
 * @param runs at least one
 */
record Runs(@JsonProperty("name") String engine, int style, List<RunResult> runs) {

  /** Committed verdicts per second. */
  static final Function<RunResult, Double> RATE =
      run -> Numbers.of(run.throughput(), throughput -> throughput.meanPerS());

  private static final Comparator<RunResult> IN_TIME =
      Comparator.comparing(RunResult::startedAt, Comparator.nullsFirst(Comparator.naturalOrder()))
          .thenComparing(RunResult::repeat);

  /** Groups results: scenarios in the order of their first runs, engines ours first. */
  static Map<String, List<Runs>> byScenario(List<RunResult> results) {
    List<String> engines =
        results.stream()
            .map(RunResult::engine)
            .distinct()
            .sorted(
                Comparator.comparingInt(Engines::place).thenComparing(Comparator.naturalOrder()))
            .toList();
    Map<String, List<RunResult>> scenarios =
        results.stream()
            .sorted(IN_TIME)
            .collect(
                Collectors.groupingBy(
                    RunResult::scenario, LinkedHashMap::new, Collectors.toList()));
    Map<String, List<Runs>> groups = new LinkedHashMap<>();
    scenarios.forEach(
        (scenario, runs) ->
            groups.put(
                scenario,
                engines.stream()
                    .map(
                        engine ->
                            new Runs(
                                engine,
                                style(engine, engines.indexOf(engine)),
                                runs.stream().filter(r -> r.engine().equals(engine)).toList()))
                    .filter(group -> !group.runs().isEmpty())
                    .toList()));
    return groups;
  }

  private static int style(String engine, int place) {
    int known = Engines.place(engine);
    return known < Engines.all().size() ? known : known + place;
  }

  @JsonProperty
  boolean passed() {
    return runs.stream().allMatch(RunResult::passed);
  }

  /** Number of runs with a clean audit. */
  @JsonProperty
  long clean() {
    return runs.stream().filter(run -> run.audit() != null && run.audit().passed()).count();
  }

  /** Index of the run to draw in front: its p99 is in the middle of all. */
  @JsonProperty
  int front() {
    List<RunResult> sorted =
        runs.stream()
            .sorted(
                Comparator.comparing(
                    run -> Numbers.of(committed(run), LatencySummary::p99),
                    Comparator.nullsLast(Comparator.naturalOrder())))
            .toList();
    return runs.indexOf(sorted.get((sorted.size() - 1) / 2));
  }

  /** The median over the repeats that have this metric; null if none has. */
  Double median(Function<RunResult, Double> metric) {
    return Numbers.median(runs.stream().map(metric).filter(Objects::nonNull).toList());
  }

  /** The committed latency; null if there is none. */
  static LatencySummary committed(RunResult run) {
    return run.latencyMs() == null ? null : run.latencyMs().committed();
  }
}
