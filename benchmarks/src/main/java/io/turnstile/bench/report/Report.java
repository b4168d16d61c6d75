package io.turnstile.bench.report;

import io.turnstile.bench.evaluate.EngineRatios;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.FlameGraphFile;
import io.turnstile.bench.result.Objective;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import java.io.File;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Content of a report, without its layout: the judgements in words, and the results that the page
 * draws. In JSON it is what the page's script reads.
 *
 * @param failures why it did not pass, a line each
 * @param notes of the person who reports, a paragraph each
 * @param runNotes of the runs, a line each
 */
record Report(
    String subtitle,
    boolean passed,
    String verdict,
    List<String> failures,
    List<String> notes,
    List<String> runNotes,
    List<Scenario> scenarios) {

  /**
   * All runs of one scenario.
   *
   * @param id the anchor, and how its files are named
   * @param ratios what the scenario wants of engines beside each other
   * @param engines ours first
   * @param profiles flame graphs, pages of their own
   */
  record Scenario(
      String id,
      String name,
      boolean passed,
      String verdict,
      List<String> failures,
      List<Objective> ratios,
      List<Runs> engines,
      List<Page> profiles) {}

  /**
   * A page beside the report.
   *
   * @param path from the report's directory on, with slashes
   */
  record Page(String title, String path) {}

  private static final DateTimeFormatter MINUTE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'").withZone(ZoneOffset.UTC);

  /**
   * Judges results.
   *
   * @param results at least one
   * @param notes of the person who reports, paragraphs
   * @param directory of the report
   */
  static Report of(List<RunResult> results, List<String> notes, Path directory) {
    Map<String, List<Runs>> groups = Runs.byScenario(results);
    Map<String, List<Objective>> ratios = EngineRatios.of(results);
    List<Scenario> scenarios = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    List<String> behind = new ArrayList<>();
    groups.forEach(
        (name, engines) -> {
          List<Objective> wanted = ratios.getOrDefault(name, List.of());
          scenarios.add(scenario(name, engines, wanted, directory));
          for (Runs runs : engines) {
            Failures.of(runs)
                .forEach(why -> failures.add(name + " on " + runs.engine() + ": " + why));
          }
          Failures.of(wanted).forEach(why -> behind.add(name + ": " + why));
        });
    List<String> runNotes =
        results.stream()
            .flatMap(
                run ->
                    run.notes().stream()
                        .map(note -> run.scenario() + " on " + run.engine() + ": " + note))
            .distinct()
            .toList();
    long failed = results.stream().filter(run -> !run.passed()).count();
    return new Report(
        subtitle(results, groups.size()),
        failed == 0 && behind.isEmpty(),
        verdict(results.size(), failed, behind.isEmpty()),
        Stream.concat(failures.stream(), behind.stream()).toList(),
        notes,
        runNotes,
        scenarios);
  }

  private static String verdict(int runs, long failed, boolean ratiosMet) {
    if (failed > 0) {
      return "%d of %d runs failed.".formatted(failed, runs);
    }
    if (!ratiosMet) {
      return "All runs passed, but engines beside each other are not as wanted.";
    }
    return (runs == 1 ? "The run passed" : "All %d runs passed".formatted(runs))
        + ": every verdict right, every objective met.";
  }

  private static String subtitle(List<RunResult> results, int scenarios) {
    List<String> parts = new ArrayList<>();
    results.stream()
        .map(RunResult::startedAt)
        .filter(Objects::nonNull)
        .min(Comparable::compareTo)
        .ifPresent(first -> parts.add(MINUTE.format(first)));
    parts.add(
        count(scenarios, "scenario")
            + ", "
            + count(results.stream().map(RunResult::engine).distinct().count(), "engine")
            + ", "
            + count(results.size(), "run"));
    results.stream()
        .map(RunResult::environment)
        .filter(Objects::nonNull)
        .findFirst()
        .ifPresent(e -> parts.add(machine(e)));
    return String.join(" · ", parts);
  }

  private static String machine(Environment e) {
    return "%d cores, %s GiB, everything on one machine (%s)"
        .formatted(e.cores(), Numbers.fixed(e.memoryGb(), 0), e.testbed());
  }

  private static String count(long count, String thing) {
    return count + " " + thing + (count == 1 ? "" : "s");
  }

  private static Scenario scenario(
      String name, List<Runs> engines, List<Objective> ratios, Path directory) {
    List<String> failed =
        engines.stream().filter(runs -> !runs.passed()).map(Runs::engine).toList();
    List<String> behind = Failures.of(ratios);
    String all = engines.stream().map(Runs::engine).collect(Collectors.joining(", "));
    String verdict =
        !failed.isEmpty()
            ? "Failed: " + String.join(", ", failed)
            : behind.isEmpty() ? "Passed: " + all : "Failed beside each other: " + all;
    return new Scenario(
        slug(name),
        name,
        failed.isEmpty() && behind.isEmpty(),
        verdict,
        Stream.concat(
                engines.stream()
                    .flatMap(
                        runs -> Failures.of(runs).stream().map(why -> runs.engine() + ": " + why)),
                behind.stream())
            .toList(),
        ratios,
        engines,
        engines.stream()
            .flatMap(runs -> runs.runs().stream())
            .flatMap(run -> run.flameGraphs().stream().map(file -> page(run, file, directory)))
            .toList());
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

  /** A name as an anchor and a file name. */
  static String slug(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
  }
}
