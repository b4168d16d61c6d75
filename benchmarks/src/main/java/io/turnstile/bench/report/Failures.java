package io.turnstile.bench.report;

import io.turnstile.bench.result.Objective;
import io.turnstile.bench.result.RunResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reasons why runs failed. */
final class Failures {

  private Failures() {}

  /** One line for each reason, with how many of the repeats it concerns; none if all passed. */
  static List<String> of(Runs runs) {
    Map<String, List<Objective>> missed = new LinkedHashMap<>();
    Map<String, Integer> others = new LinkedHashMap<>();
    for (RunResult run : runs.runs()) {
      if (run.failure() != null) {
        others.merge(run.failure(), 1, Integer::sum);
      }
      if (run.interrupted()) {
        others.merge("interrupted; what is here was measured before", 1, Integer::sum);
      }
      if (run.audit() == null) {
        others.merge("not audited", 1, Integer::sum);
      } else if (!run.audit().passed()) {
        others.merge("the audit found that the promise does not hold", 1, Integer::sum);
      }
      run.objectives().stream()
          .filter(Objective::missed)
          .forEach(
              o ->
                  missed
                      .computeIfAbsent(o.name() + " " + o.target(), key -> new ArrayList<>())
                      .add(o));
    }
    List<String> lines = new ArrayList<>();
    others.forEach((reason, times) -> lines.add(reason + of(times, runs)));
    missed.forEach((key, all) -> lines.add(line(all) + of(all.size(), runs)));
    return lines;
  }

  /** One line for each objective between engines that is not met. */
  static List<String> of(List<Objective> ratios) {
    return ratios.stream().filter(Objective::missed).map(ratio -> line(List.of(ratio))).toList();
  }

  private static String line(List<Objective> missed) {
    Double actual = Numbers.median(missed.stream().map(Objective::actual).toList());
    return missed.get(0).name()
        + (actual == null ? " was not measured" : " is " + Numbers.brief(actual))
        + ", objective "
        + missed.get(0).target();
  }

  private static String of(int times, Runs runs) {
    int all = runs.runs().size();
    return all == 1 ? "" : " (%d of %d runs)".formatted(times, all);
  }
}
