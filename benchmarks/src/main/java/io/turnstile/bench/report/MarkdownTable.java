package io.turnstile.bench.report;

import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.RunResult;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes the results as a Markdown table, a row for each engine of each scenario. */
final class MarkdownTable {

  private static final List<Function<LatencySummary, Double>> PERCENTILES =
      List.of(LatencySummary::p50, LatencySummary::p95, LatencySummary::p99, LatencySummary::p999);

  private MarkdownTable() {}

  /**
   * @param page file name of the HTML report beside it
   */
  static String of(Report report, String page) {
    StringBuilder text = new StringBuilder("# Turnstile benchmark\n\n");
    text.append(escape(report.subtitle())).append("\n\n");
    text.append(report.passed() ? "**✓ " : "**✗ ").append(escape(report.verdict())).append("**\n");
    text.append(report.failures().isEmpty() ? "" : "\n");
    report.failures().forEach(why -> text.append("- ").append(escape(why)).append('\n'));
    text.append(
        """

        | scenario | engine | verdict | committed/s | p50 ms | p95 ms | p99 ms | p99.9 ms | audit \
        | notes |
        | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- | --- |
        """);
    for (Report.Scenario scenario : report.scenarios()) {
      scenario.engines().forEach(runs -> text.append(row(scenario.name(), runs)).append('\n'));
    }
    text.append("\nCommitted latency; of several repeats the median. Everything else: [")
        .append(escape(page))
        .append("](<")
        .append(page)
        .append(">)\n");
    report.notes().forEach(note -> text.append('\n').append(escape(note)).append('\n'));
    return text.toString();
  }

  private static String row(String scenario, Runs runs) {
    List<String> cells = new ArrayList<>();
    cells.add(scenario);
    cells.add(runs.engine());
    cells.add(runs.passed() ? "✓ passed" : "✗ failed");
    cells.add(Numbers.fixed(runs.median(Runs.RATE), 0));
    PERCENTILES.forEach(
        percentile ->
            cells.add(
                Numbers.fixed(runs.median(run -> Numbers.of(Runs.committed(run), percentile)), 1)));
    int repeats = runs.runs().size();
    cells.add(runs.clean() == repeats ? "✓ clean" : "✗ not clean");
    cells.add(
        Stream.concat(
                repeats > 1 ? Stream.of(repeats + " repeats") : Stream.empty(),
                runs.runs().stream().map(RunResult::notes).flatMap(List::stream).distinct())
            .collect(Collectors.joining("; ")));
    return cells.stream().map(MarkdownTable::escape).collect(Collectors.joining(" | ", "| ", " |"));
  }

  private static String escape(String text) {
    return text.replaceAll("([\\\\`*_<>|\\[\\]])", "\\\\$1").replaceAll("\\s*\\R\\s*", " ");
  }
}
