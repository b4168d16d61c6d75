package io.turnstile.bench.report;

import io.turnstile.bench.evaluate.Repeats;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.RunResult;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes the results as a Markdown table, a row for each engine of each scenario. */
final class MarkdownTable {

  private MarkdownTable() {}

  /** The table; {@code page} is the file name of the HTML report beside it. */
  static String of(Report report, String page) {
    StringBuilder text = new StringBuilder("# Turnstile benchmark\n\n");
    text.append(escape(report.subtitle())).append("\n\n");
    text.append(report.passed() ? "**✓ " : "**✗ ").append(escape(report.verdict())).append("**\n");
    List<String> failures = report.failures().toList();
    text.append(failures.isEmpty() ? "" : "\n");
    failures.forEach(why -> text.append("- ").append(escape(why)).append('\n'));
    text.append(
        """

        | scenario | engine | verdict | committed/s | p50 ms | p95 ms | p99 ms | p99.9 ms \
        | steady after s | audit | notes |
        | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |
        """);
    report.scenarios().stream()
        .flatMap(scenario -> scenario.engines().stream())
        .forEach(runs -> text.append(row(runs)).append('\n'));
    text.append("\nCommitted latency; of several repeats the median. Everything else: [")
        .append(escape(page) + "](<" + page + ">)\n");
    report.notes().forEach(note -> text.append('\n').append(escape(note)).append('\n'));
    return text.toString();
  }

  private static String row(Repeats repeats) {
    int runs = repeats.runs().size();
    return Stream.of(
            repeats.scenario(),
            repeats.engine(),
            repeats.passed() ? "✓ passed" : "✗ failed",
            fixed(repeats.median(Repeats.RATE), 0),
            committed(repeats, LatencySummary::p50),
            committed(repeats, LatencySummary::p95),
            committed(repeats, LatencySummary::p99),
            committed(repeats, LatencySummary::p999),
            fixed(repeats.median(RunResult::steadyAfterS), 0),
            repeats.allClean() ? "✓ clean" : "✗ not clean",
            Stream.concat(
                    Stream.of(runs + " repeats").filter(text -> runs > 1),
                    repeats.runs().stream().flatMap(run -> run.notes().stream()).distinct())
                .collect(Collectors.joining("; ")))
        .map(MarkdownTable::escape)
        .collect(Collectors.joining(" | ", "| ", " |"));
  }

  /** A number with so many decimals and thousands apart; a dash for none. */
  static String fixed(Double value, int decimals) {
    return value == null ? "–" : String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  private static String committed(Repeats repeats, Function<LatencySummary, Double> percentile) {
    return fixed(repeats.median(Repeats.committed(percentile)), 1);
  }

  private static String escape(String text) {
    return text.replaceAll("([\\\\`*_<>|\\[\\]])", "\\\\$1").replaceAll("\\s*\\R\\s*", " ");
  }
}
