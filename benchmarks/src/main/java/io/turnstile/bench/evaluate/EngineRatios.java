package io.turnstile.bench.evaluate;

import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.Objective;
import io.turnstile.bench.scenario.Metric;
import io.turnstile.bench.scenario.Scenario.RatioLimit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Compares engines with each other, as their scenario wants it. */
public final class EngineRatios {

  /** Those that a {@link RatioLimit} may name. */
  static final Map<Metric, Function<RunResult, Double>> VALUES =
      Map.of(
          Metric.COMMITTED_P50_MS, Repeats.committed(LatencySummary::p50),
          Metric.COMMITTED_P95_MS, Repeats.committed(LatencySummary::p95),
          Metric.COMMITTED_P99_MS, Repeats.committed(LatencySummary::p99),
          Metric.COMMITTED_P999_MS, Repeats.committed(LatencySummary::p999),
          Metric.STEADY_AFTER_S, RunResult::steadyAfterS,
          Metric.DRAIN_PER_S, Repeats.RATE);

  private EngineRatios() {}

  /**
   * Compares the engines of each scenario.
   *
   * @return by scenario, in the order of the results; those only whose two engines both have runs
   */
  public static Map<String, List<Objective>> of(List<RunResult> results) {
    Map<String, Repeats> engines = Repeats.byName(results);
    Map<String, List<Objective>> ratios = new LinkedHashMap<>();
    for (RunResult run : results) {
      List<Objective> judged = ratios.computeIfAbsent(run.scenario(), name -> new ArrayList<>());
      run.ratios().stream()
          .flatMap(limit -> judge(run.scenario(), limit, engines).stream())
          .filter(ratio -> !judged.contains(ratio))
          .forEach(judged::add);
    }
    ratios.values().removeIf(List::isEmpty);
    return ratios;
  }

  private static Optional<Objective> judge(
      String scenario, RatioLimit limit, Map<String, Repeats> engines) {
    Optional<Metric> metric =
        VALUES.keySet().stream().filter(each -> each.key().equals(limit.figure())).findFirst();
    Repeats ours = engines.get(scenario + " on " + limit.of());
    Repeats others = engines.get(scenario + " on " + limit.to());
    if (metric.isEmpty() || ours == null || others == null) {
      return Optional.empty();
    }
    Double our = ours.median(VALUES.get(metric.get()));
    Double other = others.median(VALUES.get(metric.get()));
    Double ratio =
        our == null || other == null || other == 0 ? null : Math.round(our / other * 1000) / 1000.0;
    boolean met =
        ratio != null
            && (limit.atMost() == null || ratio <= limit.atMost())
            && (limit.atLeast() == null || ratio >= limit.atLeast());
    return Optional.of(
        new Objective(
            "%s of %s ÷ %s".formatted(metric.get().title(), limit.of(), limit.to()),
            Stream.of(bound("≥", limit.atLeast()), bound("≤", limit.atMost()))
                .flatMap(Optional::stream)
                .collect(Collectors.joining(", ")),
            ratio,
            met,
            limit.goal()));
  }

  private static Optional<String> bound(String sign, Double limit) {
    return Optional.ofNullable(limit).map(at -> String.format(Locale.ROOT, "%s %.2f", sign, at));
  }
}
