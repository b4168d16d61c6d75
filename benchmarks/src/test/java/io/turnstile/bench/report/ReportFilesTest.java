package io.turnstile.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.FlameGraphFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportFilesTest {

  /** Ends its script, if it is not escaped, and runs, if it is taken for HTML. */
  private static final String HOSTILE =
      "</script><script>document.title = 'taken'</script><!--<script><img src=x onerror=alert(1)>"
          + " {{data}} $1 & \u2028 |`*";

  @TempDir private static Path shared;

  /** The report of all samples, which takes a while to draw. */
  private static ReportPage everything;

  @TempDir private Path directory;

  @BeforeAll
  static void drawEverything() throws IOException {
    List<RunResult> results = new ArrayList<>(SampleResults.sideBySide());
    results.addAll(SampleResults.recovery());
    results.add(SampleResults.saturation());
    results.add(SampleResults.soak());
    ReportFiles.write(results, List.of("Made <here>."), shared.resolve("report.html"));
    everything = new ReportPage(shared.resolve("report.html"));
  }

  @AfterAll
  static void closeBrowser() {
    everything.close();
  }

  @Test
  void everyLinkHasItsAnchorAndEveryAnchorIsUnique() throws IOException {
    List<String> anchors = everything.attributes("[id]", "id");
    assertThat(anchors).doesNotHaveDuplicates();
    assertThat(everything.attributes("a[href^='#']", "href"))
        .isNotEmpty()
        .allSatisfy(link -> assertThat(anchors).contains(link.substring(1)));
    assertThat(anchors)
        .contains(
            "verdict",
            "steady-10k",
            "steady-10k-throughput",
            "steady-10k-latency-p99",
            "steady-10k-latency-distribution",
            "steady-10k-cpu",
            "steady-10k-jit",
            "steady-10k-audit",
            "kill-taskmanager-recovery-1-latency",
            "saturation-search",
            "soak-trend-heap-after-gc",
            "recommendations",
            "environment",
            "notes");
    assertThat(everything.texts("nav a")).contains("Verdict", "steady-10k", "Latency over time");
  }

  @Test
  void needsNoNetwork() throws IOException {
    String html = Files.readString(shared.resolve("report.html"));
    String library = html.substring(html.indexOf("<script id=\"uplot\">"));
    library = library.substring(0, library.indexOf("</script>"));

    assertThat(library).contains("uPlot=function", "The MIT License");
    assertThat(library.replace("https://github.com/leeoniya/uPlot", ""))
        .doesNotContain("http:", "https:", "fetch(", "XMLHttpRequest", "import(");
    assertThat(html.replace(library, ""))
        .doesNotContain("http:", "https:", "src=", "@import", "<link", "url(//", "{{");
  }

  @Test
  void verdictComesFirst() throws IOException {
    assertThat(everything.attributes("main > section", "id"))
        .startsWith("verdict", "steady-10k")
        .endsWith("environment", "notes", "reading");
    assertThat(everything.texts("main p").get(1)).startsWith("✗ ").endsWith(" runs failed.");
  }

  @Test
  void missedObjectiveIsSaidInTheVerdictAndInTheMarkdown() throws IOException {
    try (ReportPage page = page(SampleResults.sideBySide())) {
      assertThat(page.texts("#verdict li"))
          .singleElement()
          .asString()
          .matches("steady-10k on turnstile-2pc: committed p99 is \\d+, objective < 100 ms .*");
    }
    assertThat(Files.readString(directory.resolve("report.md")))
        .containsPattern(
            "steady-10k on turnstile-2pc: committed p99 is \\d+, objective \\\\< 100 ms");
  }

  @Test
  void markdownHasRowForEachEngine() throws IOException {
    assertThat(Files.readString(shared.resolve("report.md")))
        .as("the lists and tables of Markdown have an empty line before them")
        .containsPattern("runs failed\\.\\*\\*\n\n- ")
        .containsPattern("\n- [^\n]*\n\n\\| scenario \\| engine \\| verdict \\| ");
    assertThat(Files.readAllLines(shared.resolve("report.md")))
        .anyMatch(
            line ->
                line.matches(
                    "\\| steady-10k \\| turnstile \\| ✓ passed \\| [0-9,]+ \\|( [0-9.]+ \\|){4}"
                        + " 42 \\| ✓ clean \\| 3 repeats; A sample, not a measurement\\. \\|"))
        .anyMatch(line -> line.startsWith("| steady-10k | turnstile-2pc | ✗ failed |"))
        .anyMatch(line -> line.startsWith("| soak | turnstile | "))
        .contains("Made \\<here\\>.");
  }

  @Test
  void everyChartIsDrawnAndHasItsData() throws IOException {
    List<String> charts = everything.attributes("figure", "id");
    assertThat(charts).hasSizeGreaterThan(25);
    assertThat(everything.js("Object.keys(asked).join(' ')")).isEqualTo(String.join(" ", charts));
    assertThat(everything.attributes("figcaption a[href^='charts/']", "href"))
        .hasSameSizeAs(charts)
        .allSatisfy(
            file -> assertThat(Files.readAllLines(shared.resolve(file))).hasSizeGreaterThan(1));
  }

  @Test
  void csvHasEveryPointThatWasMeasured() throws IOException {
    List<RunResult> results = SampleResults.sideBySide();
    html(results);

    assertThat(Files.readAllLines(directory.resolve("charts/steady-10k-latency.csv")))
        .hasSize(1 + results.size() * 60)
        .startsWith("engine,repeat,t_s,p50_ms,p99_ms,max_ms,count")
        .anyMatch(
            line ->
                line.matches(
                    "turnstile,1,0\\.0,[0-9.]+,%s,[0-9.]+,10000"
                        .formatted(results.get(0).latencyMs().series().get(0).p99())));
    assertThat(Files.readAllLines(directory.resolve("charts/steady-10k-resources.csv")))
        .startsWith("engine,repeat,process,t_s,cpu_cores,rss_mb,disk_written_mb,jit_cores")
        .anyMatch(line -> line.startsWith("kafka-streams,2,application,59.0,"));
  }

  @Test
  void metricsOfRepeatsAreTheirMedian() throws IOException {
    List<RunResult> repeats =
        SampleResults.sideBySide().stream()
            .filter(run -> run.engine().equals("turnstile"))
            .toList();
    List<String> p99 =
        repeats.stream()
            .map(run -> run.latencyMs().committed().p99())
            .sorted()
            .map(each -> MarkdownTable.fixed(each, 1))
            .toList();

    try (ReportPage page = page(repeats)) {
      assertThat(page.table("steady-10k-latency-table"))
          .containsSubsequence(
              "engine | latency | mean ms | p50 ms | p90 ms | p95 ms | p99 ms | p99.9 ms | max ms")
          .last()
          .asString()
          .startsWith("turnstile | committed | ")
          .contains(" | " + p99.get(1) + p99.get(0) + " – " + p99.get(2) + " | ");
    }
  }

  @Test
  void reportsWhatAnOldResultHas() throws IOException {
    try (ReportPage page = page(List.of(stored("design")))) {
      assertThat(page.text())
          .contains("The run passed", "DUPLICATE_ID", "kill-taskmanager")
          .doesNotContain("null", "NaN", "undefined");
    }
  }

  @Test
  void reportsEverythingThatResultCanHave() throws IOException {
    try (ReportPage page = page(List.of(stored("full")))) {
      assertThat(page.text())
          .contains("soak on turnstile: the TaskManager ended", "interrupted; what is here")
          .doesNotContain("null", "NaN", "undefined");
      assertThat(page.table("soak-latency-table"))
          .contains("turnstile | committed | 12.5 | 11.0 | 16.0 | 20.0 | 40.0 | 70.0 | 90.0")
          .contains("turnstile | uncommitted | 2.5 | 2.0 | 3.0 | 4.0 | 5.0 | 6.0 | 7.0");
    }
  }

  @Test
  void reportsRunThatMeasuredNothing() throws IOException {
    RunResult failed =
        RunResult.builder("soak", "turnstile").failure("no broker <within> 30 s").build();

    try (ReportPage page = page(List.of(failed))) {
      assertThat(page.text()).contains("no broker <within> 30 s", "1 of 1 runs failed");
      assertThat(page.js("Object.keys(asked).length")).isEqualTo(0.0);
    }
  }

  @Test
  void otherEngineThatMissesAnObjectiveFailsNothingAsInTheExitCode() throws IOException {
    List<RunResult> results = SampleResults.sideBySide();
    long missed = results.stream().filter(run -> !run.passed()).count();
    assertThat(missed).isPositive();
    assertThat(RunResult.allPass(results, "turnstile", List.of())).isTrue();

    try (ReportPage page = page(results)) {
      assertThat(page.texts("main p").get(1))
          .startsWith("✓ ")
          .endsWith("Runs of other engines that missed one: %d of 12.".formatted(missed));
    }
    assertThat(Files.readString(directory.resolve("report.md")))
        .containsPattern("of 12\\.\\*\\*\n\n- ");
  }

  @Test
  void textOfResultsIsNeverMarkup() throws IOException {
    RunResult hostile =
        RunResult.builder("soak", HOSTILE)
            .failure(HOSTILE)
            .notes(List.of(HOSTILE))
            .command(HOSTILE)
            .build();
    html(List.of(hostile), HOSTILE);

    try (ReportPage page = new ReportPage(directory.resolve("report.html"))) {
      assertThat(page.js("document.title")).isEqualTo("Turnstile benchmark");
      assertThat(page.attributes("img", "src")).isEmpty();
      assertThat(page.texts("#notes p")).containsExactly(HOSTILE);
      assertThat(page.texts("#notes li")).containsExactly("soak on " + HOSTILE + ": " + HOSTILE);
      assertThat(page.texts("#verdict li")).contains("soak on " + HOSTILE + ": " + HOSTILE);
    }
    assertThat(Files.readString(directory.resolve("report.md")))
        .doesNotContainPattern("(?<!\\\\)<(?!report.html>)")
        .contains("\\</script\\>");
  }

  @Test
  void flameGraphIsLinkedWhereItIs() throws IOException {
    RunResult run =
        RunResult.builder("saturation", "turnstile")
            .flameGraphs(List.of(new FlameGraphFile("broker", "flames-broker.html", null)))
            .build();
    ResultFile.write(directory.resolve("older run"), run);

    try (ReportPage page = page(ResultFile.readAll(directory))) {
      assertThat(page.attributes("#saturation-profile li a", "href"))
          .containsExactly("older%20run/saturation/turnstile-1/flames-broker.html");
    }
    try (ReportPage page = page(List.of(run))) {
      assertThat(page.attributes("#saturation-profile li a", "href"))
          .containsExactly("saturation/turnstile-1/flames-broker.html");
      assertThat(page.texts("#saturation-profile li"))
          .containsExactly("turnstile 1: flame graph of broker");
    }
  }

  @Test
  void notesAreThoseGivenAndThoseOfTheRuns() throws IOException {
    assertThat(everything.texts("#notes p")).containsExactly("Made <here>.");
    assertThat(everything.texts("#notes li"))
        .contains("steady-10k on turnstile: A sample, not a measurement.");
  }

  private RunResult stored(String name) throws IOException {
    Path file = directory.resolve("result.json");
    try (InputStream in = getClass().getResourceAsStream("/results/" + name + ".json")) {
      Files.copy(in, file);
    }
    return ResultFile.read(file);
  }

  private ReportPage page(List<RunResult> results) throws IOException {
    html(results);
    return new ReportPage(directory.resolve("report.html"));
  }

  private String html(List<RunResult> results, String... notes) throws IOException {
    Path html = directory.resolve("report.html");
    ReportFiles.write(results, List.of(notes), html);
    return Files.readString(html);
  }
}
