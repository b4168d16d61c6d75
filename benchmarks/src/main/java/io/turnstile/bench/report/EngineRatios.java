package io.turnstile.bench.report;

import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.Objective;
import io.turnstile.bench.result.RatioLimit;
import io.turnstile.bench.result.RunResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Compares engines with each other, as their scenario wants it. */
public final class EngineRatios {

  private record Compared(String title, Function<RunResult, Double> value) {}

  private static final Map<String, Compared> FIGURES =
      Map.of(
          "committed_p50_ms", latency("committed p50", LatencySummary::p50),
          "committed_p95_ms", latency("committed p95", LatencySummary::p95),
          "committed_p99_ms", latency("committed p99", LatencySummary::p99),
          "committed_p999_ms", latency("committed p99.9", LatencySummary::p999),
          "drain_per_s", new Compared("drained", Runs.RATE));

  private EngineRatios() {}

  private static Compared latency(String title, Function<LatencySummary, Double> figure) {
    return new Compared(
        title,
        run -> {
          LatencySummary latency = Runs.committed(run);
          boolean measured = latency != null && (latency.count() == null || latency.count() > 0);
          return measured ? figure.apply(latency) : null;
        });
  }

  /** The keys of all figures that engines can be compared by. */
  public static Set<String> figures() {
    return new TreeSet<>(FIGURES.keySet());
  }

  /**
   * What became of the ratios that scenarios want.
   *
   * @return by scenario, in the order of the results; those only whose two engines both have runs
   */
  public static Map<String, List<Objective>> of(List<RunResult> results) {
    Map<String, List<RunResult>> byScenario =
        results.stream()
            .collect(
                Collectors.groupingBy(
                    RunResult::scenario, LinkedHashMap::new, Collectors.toList()));
    Map<String, List<Objective>> ratios = new LinkedHashMap<>();
    byScenario.forEach(
        (scenario, runs) -> {
          List<Objective> judged = judge(runs);
          if (!judged.isEmpty()) {
            ratios.put(scenario, judged);
          }
        });
    return ratios;
  }

  private static List<Objective> judge(List<RunResult> runs) {
    List<Objective> judged = new ArrayList<>();
    runs.stream()
        .flatMap(run -> run.ratios().stream())
        .distinct()
        .forEach(limit -> judge(limit, runs).ifPresent(judged::add));
    return judged;
  }

  private static Optional<Objective> judge(RatioLimit limit, List<RunResult> runs) {
    Compared figure = FIGURES.get(limit.figure());
    List<RunResult> ours = of(limit.of(), runs);
    List<RunResult> others = of(limit.to(), runs);
    if (figure == null || ours.isEmpty() || others.isEmpty()) {
      return Optional.empty();
    }
    Double our = Numbers.median(ours.stream().map(figure.value()).toList());
    Double other = Numbers.median(others.stream().map(figure.value()).toList());
    Double ratio =
        our == null || other == null || other == 0 ? null : Math.round(our / other * 1000) / 1000.0;
    boolean met =
        ratio != null
            && (limit.atMost() == null || ratio <= limit.atMost())
            && (limit.atLeast() == null || ratio >= limit.atLeast());
    return Optional.of(
        new Objective(
            "%s of %s ÷ %s".formatted(figure.title(), limit.of(), limit.to()),
            target(limit),
            ratio,
            met,
            limit.goal()));
  }

  private static List<RunResult> of(String engine, List<RunResult> runs) {
    return runs.stream().filter(run -> run.engine().equals(engine)).toList();
  }

  private static String target(RatioLimit limit) {
    List<String> bounds = new ArrayList<>();
    if (limit.atLeast() != null) {
      bounds.add(String.format(Locale.ROOT, "≥ %.2f", limit.atLeast()));
    }
    if (limit.atMost() != null) {
      bounds.add(String.format(Locale.ROOT, "≤ %.2f", limit.atMost()));
    }
    return String.join(", ", bounds);
  }
}
