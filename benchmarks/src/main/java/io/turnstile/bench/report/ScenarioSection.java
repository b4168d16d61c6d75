package io.turnstile.bench.report;

import static io.turnstile.bench.report.Document.Column.number;
import static io.turnstile.bench.report.Document.Column.text;

import io.turnstile.bench.evaluate.EngineRatios;
import io.turnstile.bench.report.Document.Block;
import io.turnstile.bench.report.Document.Bullets;
import io.turnstile.bench.report.Document.Cell;
import io.turnstile.bench.report.Document.Column;
import io.turnstile.bench.report.Document.File;
import io.turnstile.bench.report.Document.Files;
import io.turnstile.bench.report.Document.Flames;
import io.turnstile.bench.report.Document.Paragraph;
import io.turnstile.bench.report.Document.Section;
import io.turnstile.bench.report.Document.Status;
import io.turnstile.bench.report.Document.Table;
import io.turnstile.bench.report.Document.Verdict;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.CheckpointResult;
import io.turnstile.bench.result.FaultResult;
import io.turnstile.bench.result.FlameGraphFile;
import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.LeakResult;
import io.turnstile.bench.result.Objective;
import io.turnstile.bench.result.ProcessResources;
import io.turnstile.bench.result.RateStep;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.ScenarioMetric;
import io.turnstile.bench.result.Shares;
import io.turnstile.bench.result.Throughput;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the report says of one scenario. */
final class ScenarioSection {

  private final String id;
  private final List<Runs> engines;
  private final Path directory;
  private final List<Objective> ratios;
  private final Plots plots;
  private final List<Section> parts = new ArrayList<>();

  private ScenarioSection(String scenario, List<Runs> engines, Path directory) {
    id = Plots.slug(scenario);
    this.engines = engines;
    this.directory = directory;
    ratios =
        EngineRatios.of(engines.stream().flatMap(runs -> runs.repeats().stream()).toList())
            .getOrDefault(scenario, List.of());
    plots = new Plots(id, engines);
  }

  /**
   * @param directory of the report
   */
  static Section of(String scenario, List<Runs> engines, Path directory) {
    ScenarioSection section = new ScenarioSection(scenario, engines, directory);
    section.addParts();
    List<Block> head = new ArrayList<>();
    head.add(section.verdict());
    head.addAll(section.failures());
    head.add(section.load());
    return new Section(section.id, scenario, head, section.parts);
  }

  private void addParts() {
    part(
        "objectives",
        "Objectives",
        objectives(),
        Stream.of(wantedRatios(), shares()).flatMap(Optional::stream));
    part(
        "latency",
        "Latency and throughput",
        Stream.of(latency(), rates()).flatMap(Optional::stream),
        ratios().stream());
    plotPart("throughput", "Throughput over time", plots.throughput().stream());
    plotPart(
        "latency-time",
        "Latency over time",
        Stream.of(plots.medianLatency(), plots.tailLatency()).flatMap(Optional::stream));
    plotPart("distribution", "Latency by percentile", plots.distribution().stream());
    part("recovery", "Recovery after each fault", recovery(), plots.recovery().stream());
    part("highest-rate", "Highest rate", search(), plots.search().stream());
    part("special", "Figures of this scenario", specials(), Stream.empty());
    part(
        "resources",
        "Resources",
        resources(),
        Stream.of(plots.cpu(), plots.memory(), plots.lag()).flatMap(Optional::stream));
    part("checkpointing", "Checkpoints", checkpoints(), plots.checkpoints().stream());
    part("leaks", "Growth over time", leaks(), plots.trends().stream());
    part("audit", "Audit", audit(), Stream.empty());
    part("profile", "Where the CPU time goes", profiles(), flameGraphs().stream());
  }

  private void part(
      String name, String title, Optional<? extends Block> table, Stream<? extends Block> more) {
    part(name, title, table.stream(), more);
  }

  private void part(
      String name, String title, Stream<? extends Block> first, Stream<? extends Block> then) {
    List<Block> blocks = Stream.<Block>concat(first, then).toList();
    if (!blocks.isEmpty()) {
      parts.add(new Section(id + "-" + name, title, blocks, List.of()));
    }
  }

  private void plotPart(String name, String title, Stream<? extends Block> blocks) {
    part(name + "-plots", title, Stream.empty(), blocks);
  }

  private Block verdict() {
    List<String> failed =
        engines.stream().filter(runs -> !runs.passed()).map(Runs::engine).toList();
    String all = engines.stream().map(Runs::engine).collect(Collectors.joining(", "));
    if (!failed.isEmpty()) {
      return new Verdict(Status.BAD, "Failed: " + String.join(", ", failed));
    }
    return ratios.stream().allMatch(ratio -> ratio.met() || ratio.goal())
        ? new Verdict(Status.GOOD, "Passed: " + all)
        : new Verdict(Status.BAD, "Failed beside each other: " + all);
  }

  private List<Block> failures() {
    List<String> lines =
        engines.stream()
            .flatMap(runs -> Failures.of(runs).stream().map(why -> runs.engine() + ": " + why))
            .collect(Collectors.toCollection(ArrayList::new));
    lines.addAll(Failures.of(ratios));
    return lines.isEmpty() ? List.of() : List.of(new Bullets(lines));
  }

  private Block load() {
    RunResult run = engines.get(0).middle();
    if (run.load() == null) {
      return new Paragraph("");
    }
    return new Paragraph(
        "Offered: %s. Measured for %s s, after a warm-up of %s s that counts nowhere. %s."
            .formatted(
                run.load().offeredPerS() == null
                    ? "as fast as possible"
                    : Numbers.fixed(run.load().offeredPerS(), 0) + " transactions/s",
                Numbers.brief(run.load().measuredS()),
                Numbers.brief(run.load().warmupS()),
                engines.stream()
                    .map(
                        runs ->
                            runs.engine()
                                + (runs.repeats().size() == 1
                                    ? " once"
                                    : " " + runs.repeats().size() + " times"))
                    .collect(Collectors.joining(", "))));
  }

  /** A row for each objective, a column for each engine. */
  private Optional<Table> objectives() {
    record Key(String name, String target, boolean goal) {}
    Set<Key> keys = new LinkedHashSet<>();
    for (Runs runs : engines) {
      for (RunResult run : runs.repeats()) {
        run.objectives().forEach(o -> keys.add(new Key(o.name(), o.target(), o.goal())));
      }
    }
    List<Column> columns = columns(text("objective"), text("target"));
    engines.forEach(runs -> columns.add(number(runs.engine())));
    List<List<Cell>> rows = new ArrayList<>();
    for (Key key : keys) {
      List<Cell> row = new ArrayList<>();
      row.add(new Cell(key.name(), key.goal() ? "goal, not required" : "", Status.NEUTRAL));
      row.add(Cell.of(key.target()));
      for (Runs runs : engines) {
        row.add(
            met(
                runs.repeats().stream()
                    .flatMap(run -> run.objectives().stream())
                    .filter(o -> o.name().equals(key.name()) && o.target().equals(key.target()))
                    .toList(),
                key.goal()));
      }
      rows.add(row);
    }
    return table(
        "objectives-table", "Of several repeats the median, and how many met it.", columns, rows);
  }

  /** What the scenario wants of engines beside each other. */
  private Optional<Table> wantedRatios() {
    List<List<Cell>> rows = new ArrayList<>();
    for (Objective ratio : ratios) {
      rows.add(
          List.of(
              new Cell(ratio.name(), ratio.goal() ? "goal, not required" : "", Status.NEUTRAL),
              Cell.of(ratio.target()),
              met(List.of(ratio), ratio.goal())));
    }
    return table(
        "wanted-ratios-table",
        "One engine beside another: each figure the median of the engine's repeats.",
        columns(text("objective"), text("target"), number("ratio")),
        rows);
  }

  private static Cell met(List<Objective> objectives, boolean goal) {
    if (objectives.isEmpty()) {
      return Cell.of(Numbers.NONE);
    }
    long met = objectives.stream().filter(Objective::met).count();
    Double actual =
        Numbers.median(
            objectives.stream().map(Objective::actual).filter(Objects::nonNull).toList());
    String value = actual == null ? "not measured" : Numbers.brief(actual);
    Status missed = goal ? Status.WARNING : Status.BAD;
    return new Cell(
        value,
        objectives.size() == 1 ? "" : "met %d of %d times".formatted(met, objectives.size()),
        met == objectives.size() ? Status.GOOD : missed);
  }

  private Optional<Table> shares() {
    List<Column> columns =
        columns(
            text("engine"),
            number("success"),
            number("errors"),
            number("availability"),
            number("dedup"),
            number("token refresh"));
    List<List<Cell>> rows = new ArrayList<>();
    for (Runs runs : engines) {
      if (runs.repeats().stream().anyMatch(run -> run.shares() != null)) {
        List<Cell> row = new ArrayList<>(List.of(Cell.of(runs.engine())));
        row.add(share(runs, Shares::success));
        row.add(share(runs, Shares::errors));
        row.add(share(runs, Shares::availability));
        row.add(share(runs, Shares::dedup));
        row.add(share(runs, Shares::tokenRefresh));
        rows.add(row);
      }
    }
    return table(
        "shares-table",
        "Shares. Success: inputs with a verdict that is right. Availability: seconds with input in"
            + " which some verdict came within 1 s. Dedup: duplicates turned away and firsts let"
            + " in. Token refresh: expired ones that passed with a fresh token.",
        columns,
        rows);
  }

  private static Cell share(Runs runs, Function<Shares, Double> share) {
    return Cell.of(Numbers.percent(runs.median(run -> Numbers.of(run.shares(), share))));
  }

  private Optional<Table> rates() {
    List<List<Cell>> rows = new ArrayList<>();
    for (Runs runs : engines) {
      rows.add(
          List.of(
              Cell.of(runs.engine()),
              rate(runs, Throughput::publishedPerS),
              rate(runs, Throughput::processedPerS),
              rate(runs, Throughput::meanPerS)));
    }
    return table(
        "rates-table",
        "Transactions per second, mean of the measured part: acknowledged by the broker, decided,"
            + " and seen by a read_committed reader.",
        columns(
            text("engine"), number("published/s"), number("processed/s"), number("committed/s")),
        rows);
  }

  private static Cell rate(Runs runs, Function<Throughput, Double> rate) {
    return Cell.median(runs.all(run -> Numbers.of(run.throughput(), rate)), 0);
  }

  private Optional<Table> latency() {
    Map<String, Function<LatencySummary, Double>> figures = new LinkedHashMap<>();
    figures.put("mean", LatencySummary::mean);
    figures.put("p50", LatencySummary::p50);
    figures.put("p90", LatencySummary::p90);
    figures.put("p95", LatencySummary::p95);
    figures.put("p99", LatencySummary::p99);
    figures.put("p99.9", LatencySummary::p999);
    figures.put("max", LatencySummary::max);
    List<Column> columns = columns(text("engine"));
    figures.keySet().forEach(name -> columns.add(number(name + " ms")));
    List<List<Cell>> rows = new ArrayList<>();
    for (Runs runs : engines) {
      List<Cell> row = new ArrayList<>(List.of(Cell.of(runs.engine())));
      figures.values().forEach(figure -> row.add(Cell.median(runs.allLatency(figure), 1)));
      rows.add(row);
    }
    return table(
        "latency-table",
        "Committed latency: from the intended send time to the return of a read_committed poll. Of"
            + " several repeats the median and the range.",
        columns,
        rows);
  }

  /** How the first engine stands to the others, repeat by repeat: they ran by turns. */
  private Optional<Table> ratios() {
    if (engines.size() < 2) {
      return Optional.empty();
    }
    Runs ours = engines.get(0);
    List<Column> columns =
        columns(
            text("against"),
            number("rate"),
            number("p50"),
            number("p90"),
            number("p99"),
            number("p99.9"));
    List<List<Cell>> rows = new ArrayList<>();
    for (Runs other : engines.subList(1, engines.size())) {
      List<Cell> row = new ArrayList<>(List.of(Cell.of(other.engine())));
      row.add(ratio(ours.all(Figures.RATE), other.all(Figures.RATE)));
      for (Function<LatencySummary, Double> figure :
          List.<Function<LatencySummary, Double>>of(
              LatencySummary::p50,
              LatencySummary::p90,
              LatencySummary::p99,
              LatencySummary::p999)) {
        row.add(ratio(ours.allLatency(figure), other.allLatency(figure)));
      }
      rows.add(row);
    }
    return table(
        "ratios-table",
        ours.engine()
            + " ÷ the other engine, each repeat against the one that ran next to it. Rates: above 1"
            + " is better; latency: below 1 is better.",
        columns,
        rows);
  }

  private static Cell ratio(List<Double> ours, List<Double> others) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < Math.min(ours.size(), others.size()); i++) {
      if (others.get(i) > 0) {
        ratios.add(ours.get(i) / others.get(i));
      }
    }
    return Cell.median(ratios, 2);
  }

  private Optional<Table> recovery() {
    List<List<Cell>> rows = new ArrayList<>();
    eachRun(
        (name, run) -> {
          for (FaultResult fault : run.faults()) {
            rows.add(
                List.of(
                    Cell.of(name),
                    Cell.of(fault.fault()),
                    Cell.of(Numbers.fixed(fault.atS(), 1)),
                    Cell.of(
                        fault.endedAtS() == null
                            ? Numbers.NONE
                            : Numbers.fixed(fault.endedAtS() - fault.atS(), 1)),
                    after(fault.firstVerdictAfterS()),
                    after(fault.caughtUpAfterS())));
          }
        });
    return table(
        "recovery-table",
        "First verdict: for a transaction sent after the fault. Caught up: the latency is back"
            + " within its objective.",
        columns(
            text("run"),
            text("fault"),
            number("at s"),
            number("lasted s"),
            number("first verdict after s"),
            number("caught up after s")),
        rows);
  }

  private static Cell after(Double seconds) {
    return seconds == null ? Cell.of("never", Status.BAD) : Cell.of(Numbers.fixed(seconds, 1));
  }

  private Optional<Table> search() {
    List<List<Cell>> rows = new ArrayList<>();
    eachRun(
        (name, run) -> {
          for (RateStep step : run.search()) {
            rows.add(
                List.of(
                    Cell.of(name),
                    Cell.of(Numbers.fixed(step.offeredPerS(), 0)),
                    Cell.of(Numbers.fixed(step.p99Ms(), 1)),
                    step.held()
                        ? Cell.of("held", Status.GOOD)
                        : Cell.of("not held", Status.WARNING)));
          }
        });
    return table(
        "search-table",
        "Rates tried, in the order tried.",
        columns(text("run"), number("offered/s"), number("p99 ms"), text("objective")),
        rows);
  }

  private Optional<Table> specials() {
    Map<String, ScenarioMetric> names = new LinkedHashMap<>();
    engines.stream()
        .flatMap(runs -> runs.repeats().stream())
        .flatMap(run -> run.figures().stream())
        .forEach(figure -> names.putIfAbsent(figure.name(), figure));
    List<Column> columns = columns(text("figure"), text("unit"));
    engines.forEach(runs -> columns.add(number(runs.engine())));
    List<List<Cell>> rows = new ArrayList<>();
    for (ScenarioMetric figure : names.values()) {
      List<Cell> row = new ArrayList<>();
      row.add(Cell.of(figure.name()));
      row.add(Cell.of(Objects.requireNonNullElse(figure.unit(), "")));
      for (Runs runs : engines) {
        List<Double> values = runs.all(run -> Figures.named(run, figure.name()));
        int decimals = values.stream().allMatch(v -> v >= 100 || v == Math.rint(v)) ? 0 : 2;
        row.add(Cell.median(values, decimals));
      }
      rows.add(row);
    }
    return table("special-table", "Of several repeats the median and the range.", columns, rows);
  }

  private Optional<Table> resources() {
    List<List<Cell>> rows = new ArrayList<>();
    for (Runs runs : engines) {
      Set<String> processes =
          runs.repeats().stream()
              .flatMap(run -> run.resources().stream())
              .map(ProcessResources::process)
              .collect(Collectors.toCollection(LinkedHashSet::new));
      for (String process : processes) {
        List<Cell> row = new ArrayList<>();
        boolean first = process.equals(processes.iterator().next());
        row.add(Cell.of(first ? runs.engine() : ""));
        row.add(Cell.of(process));
        row.add(used(runs, process, ProcessResources::cpuCoresMean, 2));
        row.add(used(runs, process, ProcessResources::cpuCoresMax, 2));
        row.add(used(runs, process, ProcessResources::rssMaxMb, 0));
        row.add(used(runs, process, ProcessResources::gcPauseMaxMs, 1));
        row.add(used(runs, process, ProcessResources::gcPauseTotalMs, 0));
        row.add(used(runs, process, ProcessResources::diskWrittenMb, 0));
        rows.add(row);
      }
    }
    return table(
        "resources-table",
        "By process, in the measured part of the run; " + Plots.LOAD + " is the measuring process.",
        columns(
            text("engine"),
            text("process"),
            number("CPU mean, cores"),
            number("CPU max, cores"),
            number("RSS max, MiB"),
            number("GC pause max, ms"),
            number("GC pauses, ms"),
            number("written to disk, MiB")),
        rows);
  }

  private static Cell used(
      Runs runs, String process, Function<ProcessResources, Double> figure, int decimals) {
    return Cell.median(
        runs.all(
            run ->
                run.resources().stream()
                    .filter(each -> each.process().equals(process))
                    .map(figure)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(null)),
        decimals);
  }

  private Optional<Table> checkpoints() {
    List<List<Cell>> rows = new ArrayList<>();
    eachRun(
        (name, run) -> {
          List<CheckpointResult> all = run.checkpoints();
          if (!all.isEmpty()) {
            List<Double> durations = all.stream().map(CheckpointResult::durationMs).toList();
            rows.add(
                List.of(
                    Cell.of(name),
                    Cell.of(Numbers.fixed(all.size(), 0)),
                    Cell.of(Numbers.fixed(Numbers.median(durations), 0)),
                    Cell.of(
                        Numbers.fixed(
                            durations.stream().mapToDouble(d -> d).max().getAsDouble(), 0)),
                    largest(all, CheckpointResult::sizeMb),
                    largest(all, CheckpointResult::fullSizeMb)));
          }
        });
    return table(
        "checkpoints-table",
        "Size: what one checkpoint had to store; with incremental checkpoints less than the state.",
        columns(
            text("run"),
            number("completed"),
            number("median ms"),
            number("max ms"),
            number("largest, MiB"),
            number("state, MiB")),
        rows);
  }

  private static Cell largest(
      List<CheckpointResult> checkpoints, Function<CheckpointResult, Double> size) {
    return Cell.of(
        Numbers.fixed(
            checkpoints.stream()
                .map(size)
                .filter(Objects::nonNull)
                .max(Double::compare)
                .orElse(null),
            1));
  }

  private Optional<Table> leaks() {
    List<List<Cell>> rows = new ArrayList<>();
    eachRun(
        (name, run) -> {
          if (run.leaks() != null) {
            for (LeakResult.Trend trend : run.leaks().trends()) {
              rows.add(
                  List.of(
                      Cell.of(name),
                      Cell.of(trend.process()),
                      Cell.of(trend.figure() + ", " + trend.unit()),
                      Cell.of(Numbers.brief(trend.slopePerHour())),
                      Cell.of(
                          trend.lowPerHour() == null
                              ? Numbers.NONE
                              : Numbers.brief(trend.lowPerHour())
                                  + " – "
                                  + Numbers.brief(trend.highPerHour())),
                      Cell.of(Numbers.brief(trend.tolerancePerHour())),
                      Cell.of(
                          trend.verdict().text(),
                          switch (trend.verdict()) {
                            case LEAK -> Status.BAD;
                            case NOT_ENOUGH_DATA -> Status.WARNING;
                            case NO_LEAK -> Status.GOOD;
                          })));
            }
            if (run.leaks().heapDump() != null) {
              rows.add(
                  Stream.of(name, "", "heap dump: " + run.leaks().heapDump(), "", "", "", "")
                      .map(Cell::of)
                      .toList());
            }
          }
        });
    return table(
        "leaks-table",
        "The slope of each figure with its 95 % confidence interval. A leak: the whole interval"
            + " lies above what is tolerated; no leak: it ends below that.",
        columns(
            text("run"),
            text("process"),
            text("figure"),
            number("slope per hour"),
            number("95 % interval"),
            number("tolerated"),
            text("verdict")),
        rows);
  }

  private Optional<Table> audit() {
    Set<String> reasons =
        engines.stream()
            .flatMap(runs -> runs.repeats().stream())
            .filter(run -> run.audit() != null)
            .flatMap(run -> run.audit().rejected().keySet().stream())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    List<Column> columns = columns(text("what"));
    engines.forEach(runs -> columns.add(number(runs.engine())));
    Map<String, Function<AuditResult, Long>> figures = new LinkedHashMap<>();
    figures.put("inputs", AuditResult::inputs);
    figures.put("verdicts", AuditResult::verdicts);
    figures.put("accepted", AuditResult::accepted);
    reasons.forEach(
        reason ->
            figures.put("rejected: " + reason, audit -> audit.rejected().getOrDefault(reason, 0L)));
    figures.put("dead-lettered", AuditResult::deadLettered);
    Map<String, Function<AuditResult, Long>> wrongs = new LinkedHashMap<>();
    wrongs.put("missing", AuditResult::missing);
    wrongs.put("duplicated", AuditResult::duplicated);
    wrongs.put("wrong", AuditResult::wrong);
    wrongs.put("accepted twice", AuditResult::acceptedTwice);
    wrongs.put("misrouted", AuditResult::misrouted);
    wrongs.put("without verdict in time", AuditResult::inFlight);
    List<List<Cell>> rows = new ArrayList<>();
    figures.forEach((name, figure) -> rows.add(sums(name, figure, false)));
    wrongs.forEach((name, figure) -> rows.add(sums(name, figure, true)));
    return engines.stream().flatMap(r -> r.repeats().stream()).allMatch(r -> r.audit() == null)
        ? Optional.empty()
        : table(
            "audit-table",
            "Records, all repeats together. Whatever the speed, a run with anything but 0 in the"
                + " lower half fails.",
            columns,
            rows);
  }

  private List<Cell> sums(String name, Function<AuditResult, Long> figure, boolean mustBeZero) {
    List<Cell> row = new ArrayList<>(List.of(Cell.of(name)));
    for (Runs runs : engines) {
      List<AuditResult> audits =
          runs.repeats().stream().map(RunResult::audit).filter(Objects::nonNull).toList();
      long sum = audits.stream().mapToLong(figure::apply).sum();
      Status status = sum == 0 ? Status.GOOD : Status.BAD;
      row.add(
          audits.isEmpty()
              ? Cell.of("not audited", Status.BAD)
              : Cell.of(Numbers.fixed(sum, 0), mustBeZero ? status : Status.NEUTRAL));
    }
    return row;
  }

  private Stream<Block> profiles() {
    return engines.stream()
        .filter(runs -> runs.repeats().stream().anyMatch(run -> run.profile() != null))
        .map(
            runs -> {
              Map<String, Long> stacks = new TreeMap<>();
              runs.repeats().stream()
                  .filter(run -> run.profile() != null)
                  .flatMap(run -> run.profile().stacks().stream())
                  .forEach(
                      line -> {
                        int space = line.lastIndexOf(' ');
                        stacks.merge(
                            line.substring(0, space),
                            Long.parseLong(line.substring(space + 1)),
                            Long::sum);
                      });
              return new Flames(
                  id + "-flames-" + Plots.slug(runs.engine()),
                  engines.get(0).scenario() + ": flame graph of " + runs.engine(),
                  "Sampled stacks of running threads: the wider a method, the more CPU time it and"
                      + " what it calls take.",
                  stacks);
            });
  }

  /** Of every process, to look around in. */
  private Optional<Files> flameGraphs() {
    List<File> files = new ArrayList<>();
    eachRun(
        (name, run) -> {
          for (FlameGraphFile file : run.flameGraphs()) {
            Path beside =
                file.directory() == null
                    ? ResultFile.directory(Path.of(""), run.scenario(), run.engine(), run.repeat())
                    : directory.normalize().relativize(file.directory().normalize());
            files.add(
                new File(
                    "%s: flame graph of %s".formatted(name, file.process()),
                    beside
                        .resolve(file.file())
                        .toString()
                        .replace(java.io.File.separatorChar, '/')));
          }
        });
    return files.isEmpty() ? Optional.empty() : Optional.of(new Files(files));
  }

  private Optional<Table> table(
      String name, String caption, List<Column> columns, List<List<Cell>> rows) {
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(new Table(id + "-" + name, caption, columns, rows));
  }

  private static List<Column> columns(Column... columns) {
    return new ArrayList<>(List.of(columns));
  }

  private interface RunConsumer {
    void accept(String name, RunResult run);
  }

  private void eachRun(RunConsumer consumer) {
    for (Runs runs : engines) {
      for (RunResult run : runs.repeats()) {
        consumer.accept(runs.engine() + (runs.repeats().size() > 1 ? " " + run.repeat() : ""), run);
      }
    }
  }
}
