package io.turnstile.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.FlameGraphFile;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class ReportFilesTest {

  private static final Pattern ID = Pattern.compile(" id=\"([^\"]+)\"");
  private static final Pattern LINK = Pattern.compile("href=\"#([^\"]+)\"");
  private static final Pattern SVG = Pattern.compile("<svg .*?</svg>", Pattern.DOTALL);

  @TempDir private Path directory;

  @Test
  void everyLinkHasItsAnchorAndEveryAnchorIsUnique() throws IOException {
    String html = html(everything());

    List<String> anchors = all(ID, html);
    assertThat(anchors).doesNotHaveDuplicates();
    assertThat(anchors).containsAll(all(LINK, html));
    assertThat(anchors)
        .contains(
            "verdict",
            "steady-10k",
            "steady-10k-throughput",
            "steady-10k-latency-p99",
            "steady-10k-latency-distribution",
            "steady-10k-cpu",
            "steady-10k-audit",
            "kill-taskmanager-recovery-1-latency",
            "saturation-search",
            "soak-trend-heap-after-gc",
            "saturation-flames-turnstile",
            "recommendations",
            "environment",
            "notes");
  }

  @Test
  void needsNoNetwork() throws IOException {
    assertThat(html(everything()).replace("http://www.w3.org/2000/svg", ""))
        .doesNotContain("http:", "https:", "src=", "@import", "<script", "url(//");
  }

  @Test
  void verdictComesFirst() throws IOException {
    String html = html(everything());

    assertThat(html.indexOf("class=\"verdict")).isLessThan(html.indexOf("<figure"));
    assertThat(html.indexOf("class=\"verdict")).isLessThan(html.indexOf("id=\"steady-10k\""));
  }

  @Test
  void missedObjectiveIsSaidInTheVerdictAndInTheMarkdown() throws IOException {
    String html = html(SampleResults.sideBySide());

    assertThat(html)
        .contains("✗ ")
        .containsPattern(
            "steady-10k on turnstile-2pc: committed p99 is \\d+, objective &lt; 100 ms");
    assertThat(Files.readString(directory.resolve("report.md")))
        .containsPattern(
            "steady-10k on turnstile-2pc: committed p99 is \\d+, objective \\\\< 100 ms");
  }

  @Test
  void figuresAreFilesAsTheyAreInTheReport() throws Exception {
    String html = html(everything());
    String markdown = Files.readString(directory.resolve("report.md"));

    List<String> drawn =
        SVG.matcher(html).results().map(MatchResult::group).map(svg -> svg + "\n").toList();
    List<Path> files;
    try (Stream<Path> list = Files.list(directory.resolve("figures"))) {
      files = list.sorted().toList();
    }
    List<Path> svgs = files.stream().filter(file -> file.toString().endsWith(".svg")).toList();
    assertThat(svgs).hasSameSizeAs(drawn);
    for (Path svg : svgs) {
      assertThat(drawn).contains(Files.readString(svg));
      assertThat(markdown).contains("](figures/" + svg.getFileName() + ")");
      DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new InputSource(new StringReader(Files.readString(svg))));
      Path csv = Path.of(svg.toString().replace(".svg", ".csv"));
      assertThat(Files.readAllLines(csv)).hasSizeGreaterThan(1);
    }
  }

  @Test
  void csvHasEveryPointThatWasMeasured() throws IOException {
    List<RunResult> results = SampleResults.sideBySide();
    html(results);

    assertThat(Files.readAllLines(directory.resolve("figures/steady-10k-latency-p99.csv")))
        .hasSize(1 + results.size() * 60)
        .startsWith("series,repeat,t_s,ms")
        .contains("turnstile,1,0.0," + results.get(0).latencyMs().series().get(0).p99());
  }

  @Test
  void figuresOfRepeatsAreTheirMedian() throws IOException {
    List<RunResult> repeats =
        SampleResults.sideBySide().stream()
            .filter(run -> run.engine().equals("turnstile"))
            .toList();
    double median =
        repeats.stream()
            .mapToDouble(run -> run.latencyMs().committed().p99())
            .sorted()
            .skip(1)
            .findFirst()
            .getAsDouble();

    assertThat(html(repeats)).contains("\">" + Numbers.fixed(median, 1) + "<small>");
  }

  @Test
  void reportsWhatAnOldResultHas() throws IOException {
    Path old = directory.resolve("result.json");
    try (InputStream in = getClass().getResourceAsStream("/results/design.json")) {
      Files.copy(in, old);
    }

    assertThat(html(List.of(ResultFile.read(old))))
        .contains("The run passed", "DUPLICATE_ID", "kill-taskmanager")
        .doesNotContain(">null<", "NaN");
  }

  @Test
  void reportsRunThatMeasuredNothing() throws IOException {
    RunResult failed =
        RunResult.builder("soak", "turnstile").failure("no broker <within> 30 s").build();

    assertThat(html(List.of(failed)))
        .contains("no broker &lt;within&gt; 30 s", "1 of 1 runs failed");
  }

  @Test
  void flameGraphIsLinkedWhereItIs() throws IOException {
    RunResult run =
        RunResult.builder("saturation", "turnstile")
            .flameGraphs(List.of(new FlameGraphFile("broker", "flames-broker.html")))
            .build();
    ResultFile.write(directory.resolve("older run"), run);
    String link = "older run/saturation/turnstile-1/flames-broker.html";

    assertThat(html(ResultFile.readAll(directory))).contains("href=\"" + link + "\"");
    assertThat(Files.readString(directory.resolve("report.md"))).contains("](<" + link + ">)");
    assertThat(html(List.of(run))).contains("href=\"saturation/turnstile-1/flames-broker.html\"");
  }

  @Test
  void notesAreThoseGivenAndThoseOfTheRuns() throws IOException {
    Path html = directory.resolve("report.html");
    ReportFiles.write(SampleResults.sideBySide(), List.of("Made <here>."), html);

    assertThat(Files.readString(html))
        .contains("Made &lt;here&gt;.", "steady-10k on turnstile: A sample, not a measurement.");
  }

  private String html(List<RunResult> results) throws IOException {
    Path html = directory.resolve("report.html");
    ReportFiles.write(results, List.of(), html);
    return Files.readString(html);
  }

  static List<RunResult> everything() {
    List<RunResult> results = new ArrayList<>(SampleResults.sideBySide());
    results.addAll(SampleResults.recovery());
    results.add(SampleResults.saturation());
    results.add(SampleResults.soak());
    return results;
  }

  private static List<String> all(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(match -> match.group(1)).toList();
  }
}
