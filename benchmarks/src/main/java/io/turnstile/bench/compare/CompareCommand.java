package io.turnstile.bench.compare;

import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.clients.JsonFiles;
import io.turnstile.clients.OptionSources;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench compare}: exit code 0 if nothing got worse, 1 if something did, 2 if refused. */
@Command(
    name = "compare",
    description = {
      "Compares results with earlier ones of any age: medians over the repeats, and how far the",
      "ratio spreads over them. A metric that is worse by more than its threshold is a regression."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing got worse",
      "1:something did",
      "2:wrong usage, or results that do not compare"
    })
public final class CompareCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "BASE", description = "the earlier results")
  private Path base;

  @Parameters(index = "1", paramLabel = "CURRENT", description = "the results to judge")
  private Path current;

  @Option(
      names = "--threshold",
      paramLabel = "METRIC=PERCENT",
      description = {
        "how much worse a metric may be, as p99=20; may be given several times. By default",
        "committed/s 5, p50 15, p95 20, p99 25, p99.9 50, cpu 15, memory 15,",
        "first-verdict 30, caught-up 30, metrics of only one scenario 10"
      })
  private Map<String, Double> thresholds = Map.of();

  @Option(
      names = "--allow-different-environment",
      fallbackValue = OptionSources.ON,
      description = "compare results of other machines or loads, too")
  private boolean allowDifferent;

  @Option(names = "--out", paramLabel = "FILE", description = "write the result as JSON")
  private Path out;

  @Override
  public Integer call() throws IOException {
    List<RunResult> before = read(base);
    List<RunResult> after = read(current);
    List<String> differences = Comparison.differences(before, after);
    require(
        differences.isEmpty() || allowDifferent,
        "the results do not compare (%s); measure both alike, or --allow-different-environment"
            .formatted(String.join("; ", differences)));
    Set<String> names = Comparison.Metric.of(before).keySet();
    thresholds.forEach(
        (name, percent) -> {
          require(
              names.contains(name),
              "--threshold: there is no metric %s; there are %s"
                  .formatted(name, String.join(", ", names)));
          require(
              percent >= 0, "--threshold %s must be 0 or more, not %s".formatted(name, percent));
        });
    Comparison comparison = Comparison.of(before, after, thresholds, differences);
    require(
        !comparison.lines().isEmpty() || !comparison.problems().isEmpty(),
        "no scenario on the same engine is in both; there is nothing to compare");
    print(comparison);
    if (out != null) {
      JsonFiles.write(out, comparison);
    }
    return comparison.passed() ? 0 : 1;
  }

  private List<RunResult> read(Path path) throws IOException {
    List<RunResult> results = Files.exists(path) ? ResultFile.readAll(path) : List.of();
    require(!results.isEmpty(), "there is no %s below %s".formatted(ResultFile.NAME, path));
    return results;
  }

  private void require(boolean holds, String message) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }

  private void print(Comparison comparison) {
    PrintWriter stdout = spec.commandLine().getOut();
    stdout.printf(
        "%-40s %-14s %12s %12s %7s %15s %7s%n",
        "scenario on engine", "metric", "base", "current", "ratio", "spread", "limit");
    String previous = "";
    for (Comparison.Line line : comparison.lines()) {
      stdout.printf(
          Locale.ROOT,
          "%-40s %-14s %,12.2f %,12.2f %7.2f %7.2f – %-5.2f %7.2f%s%n",
          line.subject().equals(previous) ? "" : line.subject(),
          line.figure(),
          line.base(),
          line.current(),
          line.ratio(),
          line.leastRatio(),
          line.greatestRatio(),
          line.limit(),
          line.regression() ? "  WORSE" : "");
      previous = line.subject();
    }
    comparison.notes().forEach(note -> stdout.println("note: " + note));
    comparison.problems().forEach(problem -> stdout.println("WORSE: " + problem));
    String worse = comparison.worse().stream().limit(5).collect(Collectors.joining(", "));
    stdout.println(
        comparison.passed()
            ? "PASS: nothing got worse by more than its threshold"
            : "FAIL: worse: " + worse + (comparison.worse().size() > 5 ? ", …" : ""));
  }
}
