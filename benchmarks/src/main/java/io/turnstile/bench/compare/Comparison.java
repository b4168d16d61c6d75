package io.turnstile.bench.compare;

import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.Load;
import io.turnstile.bench.result.RunResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.commons.math3.stat.descriptive.rank.Median;

/**
 * Two sets of results, compared metric by metric. Repeats of a scenario on an engine count by their
 * median.
 *
 * @param lines what was compared
 * @param problems regressions that no metric shows, one line each
 * @param notes what was not compared, one line each
 */
record Comparison(List<Line> lines, List<String> problems, List<String> notes) {

  /**
   * A metric of a scenario on an engine.
   *
   * @param base median of the base's repeats
   * @param current median of the current ones
   * @param ratio current to base
   * @param least the least ratio of any current to any base repeat
   * @param greatest the greatest one
   */
  record Line(
      String scenario,
      String engine,
      ComparedMetric metric,
      double base,
      double current,
      double ratio,
      double least,
      double greatest) {

    boolean regression() {
      return metric.isRegression(ratio);
    }
  }

  private record Key(String scenario, String engine) {
    @Override
    public String toString() {
      return scenario + " on " + engine;
    }
  }

  boolean passed() {
    return problems.isEmpty() && lines.stream().noneMatch(Line::regression);
  }

  /**
   * @param thresholds by a metric's name, as shares, instead of its own
   */
  static Comparison of(
      List<RunResult> base, List<RunResult> current, Map<String, Double> thresholds) {
    Map<Key, List<RunResult>> before = byKey(base);
    Map<Key, List<RunResult>> after = byKey(current);
    List<Line> lines = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    before.forEach(
        (key, runs) -> {
          List<RunResult> others = after.get(key);
          if (others == null) {
            notes.add(key + ": only in the base");
            return;
          }
          if (runs.stream().allMatch(Comparison::clean)
              && !others.stream().allMatch(Comparison::clean)) {
            problems.add(key + ": the audit is not clean any more");
          }
          for (ComparedMetric metric : ComparedMetric.of(runs)) {
            double threshold = thresholds.getOrDefault(metric.name(), metric.threshold());
            compare(key, metric.withThreshold(threshold), runs, others, lines, problems);
          }
        });
    after.keySet().stream()
        .filter(key -> !before.containsKey(key))
        .forEach(key -> notes.add(key + ": only in the current results"));
    return new Comparison(List.copyOf(lines), List.copyOf(problems), List.copyOf(notes));
  }

  private static boolean clean(RunResult run) {
    return run.audit() != null && run.audit().passed();
  }

  private static void compare(
      Key key,
      ComparedMetric metric,
      List<RunResult> base,
      List<RunResult> current,
      List<Line> lines,
      List<String> problems) {
    double[] before = values(metric, base);
    double[] after = values(metric, current);
    if (before.length == 0 || median(before) <= 0) {
      return;
    }
    if (after.length == 0) {
      problems.add(key + ": " + metric.name() + " was measured before, and is not any more");
      return;
    }
    lines.add(
        new Line(
            key.scenario(),
            key.engine(),
            metric,
            median(before),
            median(after),
            median(after) / median(before),
            after[0] / before[before.length - 1],
            after[after.length - 1] / before[0]));
  }

  private static double[] values(ComparedMetric metric, List<RunResult> runs) {
    return runs.stream()
        .map(metric.value())
        .filter(Objects::nonNull)
        .mapToDouble(Double::doubleValue)
        .sorted()
        .toArray();
  }

  private static double median(double[] values) {
    return new Median().evaluate(values);
  }

  private static Map<Key, List<RunResult>> byKey(List<RunResult> results) {
    return results.stream()
        .collect(
            Collectors.groupingBy(
                run -> new Key(run.scenario(), run.engine()),
                LinkedHashMap::new,
                Collectors.toList()));
  }

  /**
   * Returns why two sets of results do not compare: other machines, or other loads. What a result
   * does not say differs from nothing.
   *
   * @return one line for each difference
   */
  static List<String> differences(List<RunResult> base, List<RunResult> current) {
    List<String> found = new ArrayList<>();
    difference("cores", environment(Environment::cores), base, current, found);
    difference("memory, GiB", environment(e -> Math.round(e.memoryGb())), base, current, found);
    difference("processor", environment(Environment::cpu), base, current, found);
    difference("Java", environment(Environment::java), base, current, found);
    difference("testbed", environment(Environment::testbed), base, current, found);
    Map<Key, List<RunResult>> after = byKey(current);
    byKey(base)
        .forEach(
            (key, runs) -> {
              List<RunResult> others = after.getOrDefault(key, List.of());
              difference(key + ", offered/s", load(Load::offeredPerS), runs, others, found);
              difference(
                  key + ", seconds measured",
                  load(load -> load.offeredPerS() == null ? null : Math.round(load.measuredS())),
                  runs,
                  others,
                  found);
            });
    return found;
  }

  private static Function<RunResult, Object> environment(Function<Environment, Object> value) {
    return run -> run.environment() == null ? null : value.apply(run.environment());
  }

  private static Function<RunResult, Object> load(Function<Load, Object> value) {
    return run -> run.load() == null ? null : value.apply(run.load());
  }

  private static void difference(
      String name,
      Function<RunResult, Object> value,
      List<RunResult> base,
      List<RunResult> current,
      List<String> found) {
    Set<Object> before = distinct(base, value);
    Set<Object> after = distinct(current, value);
    if (!before.isEmpty() && !after.isEmpty() && !before.equals(after)) {
      found.add(String.format(Locale.ROOT, "%s: %s, now %s", name, text(before), text(after)));
    }
  }

  private static Set<Object> distinct(List<RunResult> runs, Function<RunResult, Object> value) {
    Set<Object> values = new LinkedHashSet<>();
    runs.stream().map(value).filter(Objects::nonNull).forEach(values::add);
    return values;
  }

  private static String text(Set<Object> values) {
    return values.stream().map(Object::toString).collect(Collectors.joining(" and "));
  }
}
