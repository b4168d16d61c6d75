package io.turnstile.bench.compare;

import static java.lang.String.join;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.turnstile.bench.evaluate.Repeats;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.Load;
import io.turnstile.bench.result.RunResult.ProcessResources;
import io.turnstile.bench.result.RunResult.ScenarioMetric;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Two sets of results, compared metric by metric. Repeats of a scenario on an engine count by their
 * median. In JSON, with names in snake case, it is what {@code bench compare --out} writes.
 *
 * @param lines what was compared
 * @param problems regressions that no metric shows, one line each
 * @param notes how the sets are unlike, and what was not compared, one line each
 */
record Comparison(
    @JsonProperty("figures") List<Line> lines, List<String> problems, List<String> notes) {

  /**
   * A metric of a scenario on an engine, by the medians. The least and the greatest ratio are of
   * any current to any base repeat; the threshold is a share, the limit a ratio.
   */
  record Line(
      String scenario,
      String engine,
      String figure,
      String unit,
      double base,
      double current,
      double ratio,
      double leastRatio,
      double greatestRatio,
      double threshold,
      double limit,
      boolean regression) {

    String subject() {
      return scenario + " on " + engine;
    }
  }

  /** What runs are compared by: a value or null, and how much worse it may be, in percent. */
  record Metric(
      String name,
      String unit,
      boolean higherIsBetter,
      double threshold,
      Function<RunResult, Double> value) {

    /** Those that any run has. Tails vary more from run to run, so they may vary more here. */
    private static final List<Metric> COMMON =
        List.of(
            new Metric("committed/s", "1/s", true, 5, Repeats.RATE),
            latency("p50", 15, LatencySummary::p50),
            latency("p95", 20, LatencySummary::p95),
            latency("p99", 25, LatencySummary::p99),
            latency("p99.9", 50, LatencySummary::p999),
            used("cpu", "cores", ProcessResources::cpuCoresMean),
            used("memory", "MiB", ProcessResources::rssMaxMb),
            recovery("first-verdict", FaultResult::firstVerdictAfterS),
            recovery("caught-up", FaultResult::caughtUpAfterS));

    /** The common ones, and those that only these runs have, by name. */
    static Map<String, Metric> of(List<RunResult> runs) {
      Map<String, Metric> all = new LinkedHashMap<>();
      COMMON.forEach(metric -> all.put(metric.name(), metric));
      runs.stream()
          .flatMap(run -> run.figures().stream())
          .filter(figure -> figure.better() != null)
          .forEach(figure -> all.putIfAbsent(figure.name(), special(figure)));
      return all;
    }

    private static Metric latency(
        String name, double threshold, Function<LatencySummary, Double> percentile) {
      return new Metric(name, "ms", false, threshold, Repeats.committed(percentile));
    }

    private static Metric used(String name, String unit, Function<ProcessResources, Double> value) {
      return new Metric(
          name, unit, false, 15, run -> reduce(run.resources().stream().map(value), Double::sum));
    }

    /** Null if there was a fault that the engine did not get over. */
    private static Metric recovery(String name, Function<FaultResult, Double> value) {
      return new Metric(
          name,
          "s",
          false,
          30,
          run ->
              run.faults().stream().map(value).anyMatch(Objects::isNull)
                  ? null
                  : reduce(run.faults().stream().map(value), Math::max));
    }

    private static Metric special(ScenarioMetric figure) {
      Predicate<ScenarioMetric> same = each -> each.name().equals(figure.name());
      boolean higherIsBetter = figure.better() == ScenarioMetric.Direction.HIGHER;
      return new Metric(
          figure.name(),
          figure.unit(),
          higherIsBetter,
          10,
          run -> reduce(run.figures().stream().filter(same).map(ScenarioMetric::value), Math::max));
    }

    private static Double reduce(Stream<Double> values, BinaryOperator<Double> operator) {
      return values.filter(Objects::nonNull).reduce(operator).orElse(null);
    }
  }

  @JsonProperty
  boolean passed() {
    return worse().isEmpty();
  }

  /** The problems, and the regressions by name. */
  List<String> worse() {
    Stream<Line> regressions = lines.stream().filter(Line::regression);
    return Stream.concat(
            problems.stream(), regressions.map(line -> line.figure() + " of " + line.subject()))
        .toList();
  }

  /** Thresholds are in percent, by the metric's name; differences are those accepted. */
  static Comparison of(
      List<RunResult> base,
      List<RunResult> current,
      Map<String, Double> thresholds,
      List<String> differences) {
    Map<String, Repeats> before = Repeats.byName(base);
    Map<String, Repeats> after = Repeats.byName(current);
    Comparison found = new Comparison(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    differences.forEach(difference -> found.notes.add("unlike, " + difference));
    before.forEach(
        (name, runs) -> {
          if (after.containsKey(name)) {
            found.compare(runs, after.get(name), thresholds);
          } else {
            found.notes.add(name + ": only in the base");
          }
        });
    after.keySet().stream()
        .filter(name -> !before.containsKey(name))
        .forEach(name -> found.notes.add(name + ": only in the current results"));
    return found;
  }

  private void compare(Repeats base, Repeats current, Map<String, Double> thresholds) {
    if (!current.allClean()) {
      problems.add(
          base + ": the audit is not clean" + (base.allClean() ? " any more" : ", as in the base"));
    } else if (!base.allClean()) {
      problems.add(base + ": the audit of the base is not clean");
    }
    for (Metric metric : Metric.of(base.runs()).values()) {
      Double before = base.median(metric.value());
      Double after = current.median(metric.value());
      DoubleSummaryStatistics was = base.range(metric.value());
      DoubleSummaryStatistics is = current.range(metric.value());
      // Of a metric that each run of the base has, none may be missing.
      int needed = was.getCount() < base.runs().size() ? 1 : current.runs().size();
      if (before != null && is.getCount() < needed) {
        problems.add(base + ": " + metric.name() + " was measured before, and is missing now");
        continue;
      }
      if (before == null || before <= 0) {
        continue;
      }
      double threshold = thresholds.getOrDefault(metric.name(), metric.threshold()) / 100;
      double limit = metric.higherIsBetter() ? 1 - threshold : 1 + threshold;
      double ratio = after / before;
      lines.add(
          new Line(
              base.scenario(),
              base.engine(),
              metric.name(),
              metric.unit(),
              before,
              after,
              ratio,
              is.getMin() / was.getMax(),
              is.getMax() / was.getMin(),
              threshold,
              limit,
              metric.higherIsBetter() ? ratio < limit : ratio > limit));
    }
  }

  /**
   * Returns why two sets of results do not compare, a line each: other machines, or other loads.
   * What a result does not say differs from nothing.
   */
  static List<String> differences(List<RunResult> base, List<RunResult> current) {
    Map<String, Set<String>> before = conditions(base);
    Map<String, Set<String>> after = conditions(current);
    before.keySet().retainAll(after.keySet());
    return before.keySet().stream()
        .filter(name -> !after.get(name).equals(before.get(name)))
        .map(
            name ->
                "%s: %s, now %s"
                    .formatted(
                        name, join(" and ", before.get(name)), join(" and ", after.get(name))))
        .toList();
  }

  private static Map<String, Set<String>> conditions(List<RunResult> runs) {
    Map<String, Set<String>> conditions = new LinkedHashMap<>();
    BiConsumer<String, Object> add =
        (name, value) -> {
          if (value != null) {
            conditions.computeIfAbsent(name, key -> new TreeSet<>()).add(value.toString());
          }
        };
    for (RunResult run : runs) {
      Environment machine = run.environment();
      if (machine != null) {
        add.accept("cores", machine.cores());
        add.accept("memory, GiB", Math.round(machine.memoryGb()));
        add.accept("processor", machine.cpu());
        add.accept("Java", machine.java());
        add.accept("testbed", machine.testbed());
      }
      Load load = run.load();
      if (load != null && load.offeredPerS() != null) {
        String name = run.scenario() + " on " + run.engine();
        add.accept(name + ", offered/s", load.offeredPerS());
        add.accept(name + ", seconds measured", Math.round(load.measuredS()));
      }
    }
    return conditions;
  }
}
