package io.turnstile.bench.report;

import static io.turnstile.bench.report.Document.Column.number;
import static io.turnstile.bench.report.Document.Column.text;

import io.turnstile.bench.evaluate.EngineRatios;
import io.turnstile.bench.report.Document.Block;
import io.turnstile.bench.report.Document.Bullets;
import io.turnstile.bench.report.Document.Cell;
import io.turnstile.bench.report.Document.Column;
import io.turnstile.bench.report.Document.Paragraph;
import io.turnstile.bench.report.Document.Section;
import io.turnstile.bench.report.Document.Status;
import io.turnstile.bench.report.Document.Table;
import io.turnstile.bench.report.Document.Verdict;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.Objective;
import io.turnstile.bench.result.RunResult;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Builds the report of a set of results. */
final class Report {

  private static final DateTimeFormatter MINUTE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'").withZone(ZoneOffset.UTC);

  private final List<RunResult> results;
  private final Map<String, List<Runs>> scenarios;
  private final Map<String, List<Objective>> ratios;

  private Report(List<RunResult> results) {
    this.results = results;
    scenarios = Runs.byScenario(results);
    ratios = EngineRatios.of(results);
  }

  /**
   * @param results at least one
   * @param notes of the person who reports, paragraphs
   * @param directory of the report
   */
  static Document of(List<RunResult> results, List<String> notes, Path directory) {
    Report report = new Report(results);
    List<Section> sections = new ArrayList<>();
    sections.add(report.verdict());
    report.scenarios.forEach(
        (scenario, engines) -> sections.add(ScenarioSection.of(scenario, engines, directory)));
    report.addRecommendations(sections);
    sections.add(report.environment());
    report.addNotes(sections, notes);
    sections.add(reading());
    return new Document("Turnstile benchmark", report.subtitle(), sections);
  }

  private String subtitle() {
    String when =
        results.stream()
            .map(RunResult::startedAt)
            .filter(Objects::nonNull)
            .min(Comparable::compareTo)
            .map(instant -> MINUTE.format(instant) + " · ")
            .orElse("");
    String where =
        results.stream()
            .map(RunResult::environment)
            .filter(Objects::nonNull)
            .findFirst()
            .map(
                e ->
                    " · %d cores, %s GiB, everything on one machine (%s)"
                        .formatted(e.cores(), Numbers.fixed(e.memoryGb(), 0), e.testbed()))
            .orElse("");
    return when
        + count(scenarios.size(), "scenario")
        + ", "
        + count(results.stream().map(RunResult::engine).distinct().count(), "engine")
        + ", "
        + count(results.size(), "run")
        + where;
  }

  private static String count(long count, String thing) {
    return count + " " + thing + (count == 1 ? "" : "s");
  }

  private Section verdict() {
    long passed = results.stream().filter(RunResult::passed).count();
    List<Block> blocks = new ArrayList<>();
    List<String> behind = new ArrayList<>();
    ratios.forEach(
        (scenario, wanted) ->
            Failures.of(wanted).forEach(why -> behind.add(scenario + ": " + why)));
    if (passed < results.size()) {
      blocks.add(
          new Verdict(
              Status.BAD,
              "%d of %d runs failed.".formatted(results.size() - passed, results.size())));
    } else if (!behind.isEmpty()) {
      blocks.add(
          new Verdict(
              Status.BAD, "All runs passed, but engines beside each other are not as wanted."));
    } else {
      blocks.add(
          new Verdict(
              Status.GOOD,
              results.size() == 1
                  ? "The run passed: every verdict right, every objective met."
                  : "All %d runs passed: every verdict right, every objective met."
                      .formatted(results.size())));
    }
    List<String> reasons =
        scenarios.values().stream()
            .flatMap(List::stream)
            .flatMap(
                runs ->
                    Failures.of(runs).stream()
                        .map(why -> runs.scenario() + " on " + runs.engine() + ": " + why))
            .collect(Collectors.toCollection(ArrayList::new));
    reasons.addAll(behind);
    if (!reasons.isEmpty()) {
      blocks.add(new Bullets(reasons));
    }
    blocks.add(summary());
    goals().ifPresent(blocks::add);
    return new Section("verdict", "Verdict", blocks, List.of());
  }

  private Table summary() {
    List<Column> columns =
        List.of(
            text("scenario"),
            text("engine"),
            text("result"),
            number("objectives met"),
            number("committed/s"),
            number("p50 ms"),
            number("p99 ms"),
            number("p99.9 ms"),
            text("audit"));
    List<List<Cell>> rows = new ArrayList<>();
    scenarios.forEach(
        (scenario, engines) -> {
          for (Runs runs : engines) {
            rows.add(summary(runs, runs.equals(engines.get(0)) ? scenario : ""));
          }
        });
    return new Table(
        "summary-table",
        "Committed latency: from the intended send time to the return of a read_committed poll. Of"
            + " several repeats the median and the range.",
        columns,
        rows);
  }

  private static List<Cell> summary(Runs runs, String scenario) {
    List<Objective> objectives =
        runs.repeats().stream()
            .flatMap(run -> run.objectives().stream())
            .filter(objective -> !objective.goal())
            .toList();
    long met = objectives.stream().filter(Objective::met).count();
    long clean =
        runs.repeats().stream().filter(r -> r.audit() != null && r.audit().passed()).count();
    int repeats = runs.repeats().size();
    List<Cell> row = new ArrayList<>();
    row.add(Cell.of(scenario));
    row.add(new Cell(runs.engine(), repeats > 1 ? repeats + " repeats" : "", Status.NEUTRAL));
    row.add(runs.passed() ? Cell.of("passed", Status.GOOD) : Cell.of("failed", Status.BAD));
    row.add(
        Cell.of(
            met + " of " + objectives.size(),
            met == objectives.size() ? Status.NEUTRAL : Status.BAD));
    row.add(Cell.median(runs.all(Figures.RATE), 0));
    for (Function<LatencySummary, Double> figure :
        List.<Function<LatencySummary, Double>>of(
            LatencySummary::p50, LatencySummary::p99, LatencySummary::p999)) {
      row.add(Cell.median(runs.allLatency(figure), 1));
    }
    row.add(
        clean == repeats
            ? Cell.of("clean", Status.GOOD)
            : Cell.of(
                clean == 0 ? "not clean" : "%d of %d clean".formatted(clean, repeats), Status.BAD));
    return row;
  }

  private Optional<Block> goals() {
    List<List<Cell>> rows = new ArrayList<>();
    for (List<Runs> engines : scenarios.values()) {
      for (Runs runs : engines) {
        Map<String, List<Objective>> goals =
            runs.repeats().stream()
                .flatMap(run -> run.objectives().stream())
                .filter(Objective::goal)
                .collect(
                    Collectors.groupingBy(
                        goal -> goal.name() + " " + goal.target(),
                        LinkedHashMap::new,
                        Collectors.toList()));
        goals.forEach(
            (goal, all) -> {
              boolean met = all.stream().allMatch(Objective::met);
              rows.add(
                  List.of(
                      Cell.of(runs.scenario()),
                      Cell.of(runs.engine()),
                      Cell.of(goal),
                      Cell.median(all.stream().map(Objective::actual).toList(), 1),
                      met ? Cell.of("met", Status.GOOD) : Cell.of("not met", Status.WARNING)));
            });
      }
    }
    ratios.forEach(
        (scenario, wanted) ->
            wanted.stream()
                .filter(Objective::goal)
                .forEach(
                    goal ->
                        rows.add(
                            List.of(
                                Cell.of(scenario),
                                Cell.of(""),
                                Cell.of(goal.name() + " " + goal.target()),
                                Cell.of(Numbers.fixed(goal.actual(), 2)),
                                goal.met()
                                    ? Cell.of("met", Status.GOOD)
                                    : Cell.of("not met", Status.WARNING)))));
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Table(
                "goals-table",
                "Goals: wished for, not required to pass.",
                List.of(text("scenario"), text("engine"), text("goal"), number("actual"), text("")),
                rows));
  }

  private void addRecommendations(List<Section> sections) {
    List<String> advice = Recommendations.of(scenarios);
    if (!advice.isEmpty()) {
      sections.add(
          new Section(
              "recommendations",
              "Recommendations",
              List.of(
                  new Paragraph(
                      "Computed from the figures above, for the engine turnstile on this machine."),
                  new Bullets(advice)),
              List.of()));
    }
  }

  private Section environment() {
    Map<Environment, List<RunResult>> environments =
        results.stream()
            .filter(run -> run.environment() != null)
            .collect(
                Collectors.groupingBy(
                    run -> withoutLoad(run.environment()),
                    LinkedHashMap::new,
                    Collectors.toList()));
    List<Block> blocks = new ArrayList<>();
    int number = 0;
    for (Map.Entry<Environment, List<RunResult>> entry : environments.entrySet()) {
      number++;
      Environment e = entry.getKey();
      List<List<Cell>> rows = new ArrayList<>();
      row(rows, "cores", e.cores());
      row(rows, "memory, GiB", Numbers.fixed(e.memoryGb(), 1));
      row(rows, "processor", e.cpu());
      row(rows, "operating system", e.os());
      row(rows, "Java", e.java());
      row(rows, "Flink", e.flink());
      row(rows, "Kafka", e.kafka());
      row(rows, "testbed", e.testbed());
      row(rows, "revision", e.revision());
      row(
          rows,
          "load before the runs",
          entry.getValue().stream()
              .map(run -> run.environment().loadBefore())
              .filter(Objects::nonNull)
              .max(Double::compare)
              .map(load -> "at most " + Numbers.fixed(load, 2))
              .orElse(null));
      blocks.add(
          new Table(
              "environment-table-" + number,
              environments.size() == 1
                  ? "The machine of all runs."
                  : "The machine of "
                      + count(entry.getValue().size(), "run")
                      + ". Figures of different machines do not compare.",
              List.of(text(""), text("")),
              rows));
    }
    List<String> commands =
        results.stream().map(RunResult::command).filter(Objects::nonNull).distinct().toList();
    if (!commands.isEmpty()) {
      blocks.add(new Paragraph("Made by:"));
      blocks.add(new Bullets(commands));
    }
    blocks.add(settings());
    return new Section("environment", "Environment and settings", blocks, List.of());
  }

  private static Environment withoutLoad(Environment e) {
    return new Environment(
        e.cores(),
        e.memoryGb(),
        e.java(),
        e.flink(),
        e.kafka(),
        e.testbed(),
        e.cpu(),
        e.os(),
        e.revision(),
        null);
  }

  private static void row(List<List<Cell>> rows, String name, Object value) {
    if (value != null) {
      rows.add(List.of(Cell.of(name), Cell.of(value.toString())));
    }
  }

  /** A row for each setting, a column for each engine; the scenario where they differ by it. */
  private Block settings() {
    List<String> engines =
        scenarios.values().stream().flatMap(List::stream).map(Runs::engine).distinct().toList();
    Map<String, Map<String, Map<String, String>>> byName = new TreeMap<>();
    for (RunResult run : results) {
      run.settings()
          .forEach(
              (name, value) ->
                  byName
                      .computeIfAbsent(name, n -> new TreeMap<>())
                      .computeIfAbsent(run.engine(), n -> new LinkedHashMap<>())
                      .merge(value, run.scenario(), Report::also));
    }
    List<Column> columns = new ArrayList<>(List.of(text("setting")));
    engines.forEach(engine -> columns.add(text(engine)));
    List<List<Cell>> rows = new ArrayList<>();
    byName.forEach(
        (name, byEngine) -> {
          List<Cell> row = new ArrayList<>(List.of(Cell.of(name)));
          for (String engine : engines) {
            Map<String, String> values = byEngine.getOrDefault(engine, Map.of());
            row.add(
                Cell.of(
                    values.size() == 1
                        ? values.keySet().iterator().next()
                        : values.entrySet().stream()
                            .map(e -> e.getKey() + " (" + e.getValue() + ")")
                            .collect(Collectors.joining(", "))));
          }
          rows.add(row);
        });
    return rows.isEmpty()
        ? new Paragraph("The results do not say which settings the engines had.")
        : new Table("settings-table", "The exact settings of each engine.", columns, rows);
  }

  private static String also(String scenarios, String scenario) {
    return List.of(scenarios.split(", ", -1)).contains(scenario)
        ? scenarios
        : scenarios + ", " + scenario;
  }

  private void addNotes(List<Section> sections, List<String> notes) {
    List<Block> blocks = new ArrayList<>();
    notes.forEach(note -> blocks.add(new Paragraph(note)));
    List<String> ofRuns =
        results.stream()
            .flatMap(
                run ->
                    run.notes().stream()
                        .map(note -> run.scenario() + " on " + run.engine() + ": " + note))
            .distinct()
            .toList();
    if (!ofRuns.isEmpty()) {
      blocks.add(new Bullets(ofRuns));
    }
    if (!blocks.isEmpty()) {
      sections.add(new Section("notes", "Notes", blocks, List.of()));
    }
  }

  private static Section reading() {
    return new Section(
        "reading",
        "How to read this",
        List.of(
            new Bullets(
                List.of(
                    "Load is open: each transaction has its intended send time, whether or not"
                        + " those before it were answered. Latency counts from that time, so a"
                        + " stall counts for all that should have been sent during it.",
                    "Committed latency ends when a read_committed consumer's poll returns the"
                        + " verdict. Sender and reader share one clock.",
                    "The warm-up counts nowhere and is in no plot. Time 0 is where it ends.",
                    "The audit reads the topics after the run and checks every verdict against what"
                        + " the sender wrote down before it sent.",
                    "Every figure is also a file, as SVG and as CSV, in the directory figures"
                        + " beside this report."))),
        List.of());
  }
}
