package io.turnstile.bench.compare;

import io.turnstile.bench.result.FaultResult;
import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.ProcessResources;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.ScenarioMetric;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * A metric that two sets of results are compared by.
 *
 * @param higherIsBetter otherwise lower is
 * @param threshold how much worse it may be before that is a regression, as a share
 * @param value of a run; null if it has none
 */
record ComparedMetric(
    String name,
    String unit,
    boolean higherIsBetter,
    double threshold,
    Function<RunResult, Double> value) {

  /** The share that metrics of only one scenario may lose. */
  private static final double SPECIAL = 0.1;

  /** Those that any run has. Tails vary more from run to run, so they may vary more here. */
  static final List<ComparedMetric> COMMON =
      List.of(
          new ComparedMetric("committed/s", "1/s", true, 0.05, ComparedMetric::rate),
          latency("p50", 0.15, LatencySummary::p50),
          latency("p95", 0.2, LatencySummary::p95),
          latency("p99", 0.25, LatencySummary::p99),
          latency("p99.9", 0.5, LatencySummary::p999),
          new ComparedMetric(
              "cpu", "cores", false, 0.15, run -> sum(run, ProcessResources::cpuCoresMean)),
          new ComparedMetric(
              "memory", "MiB", false, 0.15, run -> sum(run, ProcessResources::rssMaxMb)),
          new ComparedMetric(
              "first-verdict",
              "s",
              false,
              0.3,
              run -> slowest(run, FaultResult::firstVerdictAfterS)),
          new ComparedMetric(
              "caught-up", "s", false, 0.3, run -> slowest(run, FaultResult::caughtUpAfterS)));

  /** The common ones, and those that only these runs have. */
  static List<ComparedMetric> of(List<RunResult> runs) {
    List<ComparedMetric> metrics = new ArrayList<>(COMMON);
    runs.stream()
        .flatMap(run -> run.figures().stream())
        .filter(metric -> metric.better() != null)
        .map(
            metric ->
                new ComparedMetric(
                    metric.name(),
                    metric.unit(),
                    metric.better() == ScenarioMetric.Direction.HIGHER,
                    SPECIAL,
                    null))
        .distinct()
        .map(ComparedMetric::ofOneScenario)
        .forEach(metrics::add);
    return metrics;
  }

  ComparedMetric withThreshold(double share) {
    return new ComparedMetric(name, unit, higherIsBetter, share, value);
  }

  /** Tells whether a ratio, current to base, is a regression. */
  boolean isRegression(double ratio) {
    return higherIsBetter ? ratio < 1 - threshold : ratio > 1 + threshold;
  }

  private static ComparedMetric latency(
      String name, double threshold, ToDoubleFunction<LatencySummary> percentile) {
    return new ComparedMetric(
        name,
        "ms",
        false,
        threshold,
        run -> {
          Latency latency = run.latencyMs();
          return latency == null || latency.committed() == null
              ? null
              : Double.valueOf(percentile.applyAsDouble(latency.committed()));
        });
  }

  private static ComparedMetric ofOneScenario(ComparedMetric metric) {
    return new ComparedMetric(
        metric.name,
        metric.unit,
        metric.higherIsBetter,
        metric.threshold,
        run ->
            run.figures().stream()
                .filter(each -> each.name().equals(metric.name))
                .map(ScenarioMetric::value)
                .findFirst()
                .orElse(null));
  }

  private static Double rate(RunResult run) {
    return run.throughput() == null ? null : run.throughput().meanPerS();
  }

  private static Double sum(RunResult run, Function<ProcessResources, Double> used) {
    return run.resources().stream()
        .map(used)
        .filter(Objects::nonNull)
        .reduce(Double::sum)
        .orElse(null);
  }

  private static Double slowest(RunResult run, Function<FaultResult, Double> after) {
    return run.faults().stream()
        .map(after)
        .filter(Objects::nonNull)
        .max(Double::compare)
        .orElse(null);
  }
}
