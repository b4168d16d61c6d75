package io.turnstile.bench.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
      description = "compare results of other machines or loads, too")
  private boolean allowDifferent;

  @Option(names = "--out", paramLabel = "FILE", description = "write the result as JSON")
  private Path out;

  @Override
  public Integer call() throws IOException {
    List<RunResult> before = read(base);
    List<RunResult> after = read(current);
    List<String> differences = Comparison.differences(before, after);
    if (!differences.isEmpty() && !allowDifferent) {
      throw usage(
          "the results do not compare ("
              + String.join("; ", differences)
              + "); measure both alike, or give --allow-different-environment");
    }
    Comparison comparison = Comparison.of(before, after, shares(before));
    if (comparison.lines().isEmpty() && comparison.problems().isEmpty()) {
      throw usage("no scenario on the same engine is in both; there is nothing to compare");
    }
    print(comparison, differences);
    if (out != null) {
      write(comparison, differences);
    }
    return comparison.passed() ? 0 : 1;
  }

  private List<RunResult> read(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw usage(path + " does not exist; name a result.json, or a directory of them");
    }
    List<RunResult> results = ResultFile.readAll(path);
    if (results.isEmpty()) {
      throw usage("there is no " + ResultFile.NAME + " below " + path);
    }
    return results;
  }

  private Map<String, Double> shares(List<RunResult> before) {
    List<String> names = ComparedMetric.of(before).stream().map(ComparedMetric::name).toList();
    Map<String, Double> shares = new HashMap<>();
    thresholds.forEach(
        (name, percent) -> {
          if (!names.contains(name)) {
            throw usage(
                "--threshold: there is no metric "
                    + name
                    + "; there are "
                    + String.join(", ", names));
          }
          if (!(percent >= 0)) {
            throw usage("--threshold " + name + " must be 0 or more, not " + percent);
          }
          shares.put(name, percent / 100);
        });
    return shares;
  }

  private void print(Comparison comparison, List<String> differences) {
    PrintWriter stdout = spec.commandLine().getOut();
    stdout.printf(
        Locale.ROOT,
        "%-40s %-14s %12s %12s %7s %15s %7s%n",
        "scenario on engine",
        "metric",
        "base",
        "current",
        "ratio",
        "spread",
        "limit");
    String previous = "";
    for (Comparison.Line line : comparison.lines()) {
      String what = line.scenario() + " on " + line.engine();
      double threshold = line.metric().threshold();
      stdout.printf(
          Locale.ROOT,
          "%-40s %-14s %,12.2f %,12.2f %7.2f %15s %7.2f%s%n",
          what.equals(previous) ? "" : what,
          line.metric().name(),
          line.base(),
          line.current(),
          line.ratio(),
          String.format(Locale.ROOT, "%.2f – %.2f", line.least(), line.greatest()),
          line.metric().higherIsBetter() ? 1 - threshold : 1 + threshold,
          line.regression() ? "  WORSE" : "");
      previous = what;
    }
    differences.forEach(difference -> stdout.println("note: unlike, " + difference));
    comparison.notes().forEach(note -> stdout.println("note: " + note));
    comparison.problems().forEach(problem -> stdout.println("WORSE: " + problem));
    long worse = comparison.lines().stream().filter(Comparison.Line::regression).count();
    stdout.println(
        comparison.passed()
            ? "PASS: nothing got worse by more than its threshold"
            : "FAIL: worse: "
                + Stream.concat(
                        comparison.problems().stream(),
                        comparison.lines().stream()
                            .filter(Comparison.Line::regression)
                            .map(
                                line ->
                                    "%s of %s on %s"
                                        .formatted(
                                            line.metric().name(), line.scenario(), line.engine())))
                    .limit(5)
                    .collect(Collectors.joining(", "))
                + (worse + comparison.problems().size() > 5 ? ", …" : ""));
    stdout.flush();
  }

  private void write(Comparison comparison, List<String> differences) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = mapper.createObjectNode().put("passed", comparison.passed());
    ArrayNode metrics = json.putArray("figures");
    for (Comparison.Line line : comparison.lines()) {
      metrics
          .addObject()
          .put("scenario", line.scenario())
          .put("engine", line.engine())
          .put("figure", line.metric().name())
          .put("unit", line.metric().unit())
          .put("base", line.base())
          .put("current", line.current())
          .put("ratio", line.ratio())
          .put("least_ratio", line.least())
          .put("greatest_ratio", line.greatest())
          .put("threshold", line.metric().threshold())
          .put("regression", line.regression());
    }
    comparison.problems().forEach(json.putArray("problems")::add);
    Stream.concat(differences.stream(), comparison.notes().stream())
        .forEach(json.putArray("notes")::add);
    Files.writeString(out, json.toPrettyString() + "\n");
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
