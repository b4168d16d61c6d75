package io.turnstile.bench.report;

import io.turnstile.bench.chart.Style;
import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.RunResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * The runs of one scenario on one engine.
 *
 * @param place the engine's place in the report
 * @param repeats at least one
 */
record Runs(String scenario, String engine, int place, List<RunResult> repeats) {

  private static final List<String> ORDER =
      List.of("turnstile", "turnstile-2pc", "kafka-streams", "kafka-limit");

  /** Groups results: scenarios in the order of their first runs, engines ours first. */
  static Map<String, List<Runs>> byScenario(List<RunResult> results) {
    List<String> engines =
        results.stream()
            .map(RunResult::engine)
            .distinct()
            .sorted(Comparator.comparingInt(Runs::rank).thenComparing(Comparator.naturalOrder()))
            .toList();
    List<RunResult> inOrder =
        results.stream()
            .sorted(
                Comparator.comparing(
                        RunResult::startedAt, Comparator.nullsFirst(Comparator.naturalOrder()))
                    .thenComparing(RunResult::repeat))
            .toList();
    Map<String, List<RunResult>> scenarios = new LinkedHashMap<>();
    inOrder.forEach(
        run -> scenarios.computeIfAbsent(run.scenario(), name -> new ArrayList<>()).add(run));
    Map<String, List<Runs>> groups = new LinkedHashMap<>();
    scenarios.forEach(
        (scenario, runs) ->
            groups.put(
                scenario,
                engines.stream()
                    .map(
                        engine ->
                            new Runs(
                                scenario,
                                engine,
                                engines.indexOf(engine),
                                runs.stream().filter(r -> r.engine().equals(engine)).toList()))
                    .filter(group -> !group.repeats().isEmpty())
                    .toList()));
    return groups;
  }

  private static int rank(String engine) {
    int rank = ORDER.indexOf(engine);
    return rank < 0 ? ORDER.size() : rank;
  }

  Style style() {
    return Style.ofEngine(engine, place);
  }

  boolean passed() {
    return repeats.stream().allMatch(RunResult::passed);
  }

  /** What each repeat has of a figure; those that have none are left out. */
  List<Double> all(Function<RunResult, Double> figure) {
    return repeats.stream().map(figure).filter(Objects::nonNull).toList();
  }

  Double median(Function<RunResult, Double> figure) {
    return Numbers.median(all(figure));
  }

  /** What each repeat has of its committed latency. */
  List<Double> allLatency(Function<LatencySummary, Double> figure) {
    return all(run -> latency(run, figure));
  }

  Double latency(Function<LatencySummary, Double> figure) {
    return Numbers.median(allLatency(figure));
  }

  private static Double latency(RunResult run, Function<LatencySummary, Double> figure) {
    return Numbers.of(committed(run), figure);
  }

  /** The committed latency; null if there is none. */
  static LatencySummary committed(RunResult run) {
    return run.latencyMs() == null ? null : run.latencyMs().committed();
  }

  Double rate() {
    return median(run -> Numbers.of(run.throughput(), t -> t.meanPerS()));
  }

  /** The repeat whose p99 is in the middle of all: the one to show in front. */
  RunResult middle() {
    List<RunResult> sorted =
        repeats.stream()
            .sorted(
                Comparator.comparing(
                    run -> latency(run, LatencySummary::p99),
                    Comparator.nullsLast(Comparator.naturalOrder())))
            .toList();
    return sorted.get((sorted.size() - 1) / 2);
  }
}
