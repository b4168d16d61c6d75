package io.turnstile.bench.report;

import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.evaluate.EngineRatios;
import io.turnstile.bench.evaluate.Repeats;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.FlameGraphFile;
import io.turnstile.bench.result.RunResult.Objective;
import java.io.File;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Content of a report, without its layout: the judgements in words, and the results that the page
 * draws. In JSON it is what the page's script reads.
 *
 * @param notes of the person who reports, a paragraph each
 * @param engines names of all engines, ours first: the place of an engine is its colour
 */
record Report(
    String subtitle,
    boolean passed,
    String verdict,
    List<String> notes,
    List<String> engines,
    List<Scenario> scenarios) {

  /**
   * All runs of one scenario.
   *
   * @param id the anchor, and how its files are named
   * @param failures why it did not pass, a line each
   */
  record Scenario(
      String id,
      String name,
      List<String> failures,
      List<Objective> ratios,
      List<Repeats> engines,
      List<Page> profiles) {}

  /** A page beside the report; the path is relative to it, with slashes. */
  record Page(String title, String path) {}

  private static final DateTimeFormatter MINUTE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'").withZone(ZoneOffset.UTC);

  private static final Comparator<RunResult> IN_TIME =
      Comparator.comparing(RunResult::startedAt, Comparator.nullsFirst(Comparator.naturalOrder()))
          .thenComparing(RunResult::repeat);

  /** Judges at least one result; {@code directory} is that of the report. */
  static Report of(List<RunResult> inAnyOrder, List<String> notes, Path directory) {
    List<RunResult> results = inAnyOrder.stream().sorted(IN_TIME).toList();
    List<String> engines =
        Stream.concat(Engines.names().stream(), results.stream().map(RunResult::engine).sorted())
            .distinct()
            .toList();
    Map<String, List<Objective>> ratios = EngineRatios.of(results);
    Map<String, List<Repeats>> scenarios =
        Repeats.of(results).stream()
            .collect(
                Collectors.groupingBy(Repeats::scenario, LinkedHashMap::new, Collectors.toList()));
    scenarios
        .values()
        .forEach(same -> same.sort(Comparator.comparing(each -> engines.indexOf(each.engine()))));
    List<Objective> allRatios = ratios.values().stream().flatMap(List::stream).toList();
    return new Report(
        subtitle(results, scenarios.size()),
        RunResult.allPass(results, Engines.TURNSTILE, allRatios),
        verdict(results, allRatios.stream().noneMatch(Objective::missed)),
        notes,
        engines,
        scenarios.values().stream().map(same -> scenario(same, ratios, directory)).toList());
  }

  /** Why it did not pass, a line each. */
  Stream<String> failures() {
    return scenarios.stream().flatMap(scenario -> scenario.failures().stream());
  }

  private static String verdict(List<RunResult> results, boolean ratiosMet) {
    int runs = results.size();
    long failed = RunResult.failed(results, Engines.TURNSTILE);
    if (failed > 0) {
      return "%d of %d runs failed.".formatted(failed, runs);
    }
    if (!ratiosMet) {
      return "All runs passed, but engines beside each other are not as wanted.";
    }
    long slowPeers = results.stream().filter(run -> !run.passed()).count();
    if (slowPeers > 0) {
      return ("Every verdict is right, and %s met every objective."
              + " Runs of other engines that missed one: %d of %d.")
          .formatted(Engines.TURNSTILE, slowPeers, runs);
    }
    return (runs == 1 ? "The run passed" : "All %d runs passed".formatted(runs))
        + ": every verdict right, every objective met.";
  }

  private static String subtitle(List<RunResult> results, int scenarios) {
    long engines = results.stream().map(RunResult::engine).distinct().count();
    String counts =
        Stream.of(scenarios + " scenarios", engines + " engines", results.size() + " runs")
            .map(count -> count.startsWith("1 ") ? count.substring(0, count.length() - 1) : count)
            .collect(Collectors.joining(", "));
    return Stream.of(
            first(results, RunResult::startedAt, MINUTE::format),
            Stream.of(counts),
            first(
                results,
                RunResult::environment,
                machine ->
                    "%d cores, %.0f GiB, everything on one machine (%s)"
                        .formatted(machine.cores(), machine.memoryGb(), machine.testbed())))
        .flatMap(part -> part)
        .collect(Collectors.joining(" · "));
  }

  private static <T> Stream<String> first(
      List<RunResult> results, Function<RunResult, T> part, Function<T, String> text) {
    return results.stream().map(part).filter(Objects::nonNull).limit(1).map(text);
  }

  private static Scenario scenario(
      List<Repeats> engines, Map<String, List<Objective>> allRatios, Path directory) {
    String name = engines.get(0).scenario();
    List<Objective> ratios = allRatios.getOrDefault(name, List.of());
    return new Scenario(
        name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", ""),
        name,
        Stream.concat(
                engines.stream().flatMap(each -> failures(each).map(why -> each + ": " + why)),
                ratios.stream()
                    .filter(Objective::missed)
                    .map(ratio -> name + ": " + failure(List.of(ratio))))
            .toList(),
        ratios,
        engines,
        engines.stream()
            .flatMap(each -> each.runs().stream())
            .flatMap(run -> run.flameGraphs().stream().map(file -> page(run, file, directory)))
            .toList());
  }

  /** One line for each reason, with how many of the repeats it concerns; none if all passed. */
  private static Stream<String> failures(Repeats repeats) {
    Map<String, Integer> times = new LinkedHashMap<>();
    Map<String, List<Objective>> missed = new LinkedHashMap<>();
    for (RunResult run : repeats.runs()) {
      unsound(run).forEach(reason -> times.merge(reason, 1, Integer::sum));
      for (Objective each : run.objectives().stream().filter(Objective::missed).toList()) {
        missed
            .computeIfAbsent(each.name() + " " + each.target(), key -> new ArrayList<>())
            .add(each);
      }
    }
    missed.values().forEach(same -> times.put(failure(same), same.size()));
    int all = repeats.runs().size();
    Stream.Builder<String> lines = Stream.builder();
    times.forEach(
        (why, count) ->
            lines.add(all == 1 ? why : "%s (%d of %d runs)".formatted(why, count, all)));
    return lines.build();
  }

  private static Stream<String> unsound(RunResult run) {
    return Stream.of(
            run.failure(),
            run.interrupted() ? "interrupted; what is here was measured before" : null,
            run.audit() == null
                ? "not audited"
                : run.audit().passed() ? null : "the audit found that the promise does not hold")
        .filter(Objects::nonNull);
  }

  private static String failure(List<Objective> missed) {
    Double actual = Repeats.median(missed.stream().map(Objective::actual));
    String found = actual == null ? "was not measured" : "is " + brief(actual);
    return "%s %s, objective %s".formatted(missed.get(0).name(), found, missed.get(0).target());
  }

  /** A number with about three significant digits. */
  private static String brief(double value) {
    double size = Math.abs(value);
    boolean whole = value == Math.rint(value) || size >= 100;
    return MarkdownTable.fixed(value, whole ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
  }

  private static Page page(RunResult run, FlameGraphFile file, Path directory) {
    Path beside =
        file.directory() == null
            ? ResultFile.directory(Path.of(""), run.scenario(), run.engine(), run.repeat())
            : directory.normalize().relativize(file.directory().normalize());
    return new Page(
        "%s %d: flame graph of %s".formatted(run.engine(), run.repeat(), file.process()),
        beside.resolve(file.file()).toString().replace(File.separatorChar, '/'));
  }
}
