package io.turnstile.bench.evaluate;

import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.Objective;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.scenario.Metric;
import io.turnstile.bench.scenario.RatioLimit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.commons.math3.stat.descriptive.rank.Median;

/** Compares engines with each other, as their scenario wants it. */
public final class EngineRatios {

  /** One value of each metric that a {@link RatioLimit} may name; null where none was measured. */
  private static final Map<Metric, Function<RunResult, Double>> VALUES =
      Map.of(
          Metric.COMMITTED_P50_MS, latency(LatencySummary::p50),
          Metric.COMMITTED_P95_MS, latency(LatencySummary::p95),
          Metric.COMMITTED_P99_MS, latency(LatencySummary::p99),
          Metric.COMMITTED_P999_MS, latency(LatencySummary::p999),
          Metric.DRAIN_PER_S, run -> run.throughput() == null ? null : run.throughput().meanPerS());

  private EngineRatios() {}

  private static Function<RunResult, Double> latency(Function<LatencySummary, Double> percentile) {
    return run -> {
      LatencySummary latency = run.latencyMs() == null ? null : run.latencyMs().committed();
      boolean measured = latency != null && (latency.count() == null || latency.count() > 0);
      return measured ? percentile.apply(latency) : null;
    };
  }

  /**
   * Compares the engines of each scenario.
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
    Metric metric =
        RatioLimit.METRICS.stream()
            .filter(each -> each.key().equals(limit.figure()))
            .findFirst()
            .orElse(null);
    List<RunResult> ours = of(limit.of(), runs);
    List<RunResult> others = of(limit.to(), runs);
    if (metric == null || ours.isEmpty() || others.isEmpty()) {
      return Optional.empty();
    }
    Double our = median(ours, VALUES.get(metric));
    Double other = median(others, VALUES.get(metric));
    Double ratio =
        our == null || other == null || other == 0 ? null : Math.round(our / other * 1000) / 1000.0;
    boolean met =
        ratio != null
            && (limit.atMost() == null || ratio <= limit.atMost())
            && (limit.atLeast() == null || ratio >= limit.atLeast());
    return Optional.of(
        new Objective(
            "%s of %s ÷ %s".formatted(metric.title(), limit.of(), limit.to()),
            target(limit),
            ratio,
            met,
            limit.goal()));
  }

  private static List<RunResult> of(String engine, List<RunResult> runs) {
    return runs.stream().filter(run -> run.engine().equals(engine)).toList();
  }

  /** Null if none of the runs has a value. */
  private static Double median(List<RunResult> runs, Function<RunResult, Double> value) {
    double[] values =
        runs.stream()
            .map(value)
            .filter(Objects::nonNull)
            .mapToDouble(Double::doubleValue)
            .toArray();
    return values.length == 0 ? null : new Median().evaluate(values);
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
