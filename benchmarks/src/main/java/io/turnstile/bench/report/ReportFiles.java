package io.turnstile.bench.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** Writes the report of a set of results. */
public final class ReportFiles {

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(.+?)}}");

  private static final ObjectMapper JSON =
      ResultFile.mapper(JsonInclude.Include.NON_NULL)
          .withConfigOverride(Instant.class, notShown -> notShown.setIsIgnoredType(true))
          .build();

  /**
   * A series of {@code result.json}.
   *
   * @param name the end of the file's name
   * @param owner JSON pointer to what the series is of, or to an array of such
   * @param ownerColumns fields of the owner
   * @param series JSON pointer from the owner to an array: of arrays with the columns' values in
   *     this order, or of objects with the columns as fields, whose names may lack the unit
   */
  private record Kind(
      String name, String owner, List<String> ownerColumns, String series, List<String> columns) {

    private Kind(String name, String series, String... columns) {
      this(name, "", List.of(), series, List.of(columns));
    }

    /** The series of each of several owners, which have it as their field. */
    private Kind of(String... ownerColumns) {
      return new Kind(name, series, List.of(ownerColumns), "/series", columns);
    }
  }

  private static final List<Kind> KINDS =
      List.of(
          new Kind("throughput", "/throughput/series", "t_s", "committed_per_s"),
          new Kind("published", "/throughput/published_series", "t_s", "published_per_s"),
          new Kind("latency", "/latency_ms/series", "t_s", "p50_ms", "p99_ms", "max_ms", "count"),
          new Kind("distribution", "/latency_ms/committed/percentiles", "percentile", "ms"),
          new Kind("lag", "/consumer_lag/series", "t_s", "records"),
          new Kind("checkpoints", "/checkpoints", "at_s", "duration_ms", "size_mb", "full_size_mb"),
          new Kind("search", "/search", "offered_per_s", "p99_ms", "held"),
          new Kind(
                  "resources",
                  "/resources",
                  "t_s",
                  "cpu_cores",
                  "rss_mb",
                  "disk_written_mb",
                  "jit_cores")
              .of("process"),
          new Kind("growth", "/leaks/trends", "t_s", "value").of("process", "figure", "unit"));

  private static final CSVFormat CSV = CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get();

  private ReportFiles() {}

  /**
   * Writes the HTML file, as {@code DIR/report.html}; beside it a table of the results, named after
   * it, as {@code report.md}, and {@code charts/}, every series as CSV. Notes are a paragraph each.
   */
  public static void write(List<RunResult> results, List<String> notes, Path html)
      throws IOException {
    if (results.isEmpty()) {
      throw new IllegalArgumentException("no results to report");
    }
    Path directory = Files.createDirectories(html.toAbsolutePath().getParent());
    Report report = Report.of(results, notes, directory);
    JsonNode json = JSON.valueToTree(report);
    Files.writeString(html, page(json.toString()));
    String page = html.getFileName().toString();
    Files.writeString(
        directory.resolve(page.replaceFirst("(\\.html?)?$", ".md")),
        MarkdownTable.of(report, page));
    writeSeries(json, directory);
  }

  private static String page(String json) {
    return PLACEHOLDER
        .matcher(resource("report/report.html"))
        .replaceAll(
            placeholder -> {
              String name = placeholder.group(1);
              // No HTML parser takes this for the script's end, whatever the strings in it say.
              String part = name.equals("data") ? json.replace("<", "\\u003c") : resource(name);
              return Matcher.quoteReplacement(part);
            });
  }

  private static String resource(String path) {
    try {
      if (path.startsWith("uplot/")) {
        Properties uplot = new Properties();
        uplot.load(
            new StringReader(resource("META-INF/maven/org.webjars.npm/uplot/pom.properties")));
        String home = "META-INF/resources/webjars/uplot/" + uplot.getProperty("version");
        return resource(home + path.substring(5));
      }
      try (InputStream in = ReportFiles.class.getResourceAsStream("/" + path)) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes {@code charts/SCENARIO-SERIES.csv} for each series that some run has. */
  private static void writeSeries(JsonNode report, Path beside) throws IOException {
    Path directory = Files.createDirectories(beside.resolve("charts"));
    for (JsonNode scenario : report.get("scenarios")) {
      for (Kind kind : KINDS) {
        List<List<String>> rows = rows(scenario, kind);
        if (!rows.isEmpty()) {
          String name = scenario.get("id").asText() + "-" + kind.name() + ".csv";
          try (Writer out = Files.newBufferedWriter(directory.resolve(name));
              CSVPrinter csv = new CSVPrinter(out, CSV)) {
            csv.printRecord(
                Stream.of(List.of("engine", "repeat"), kind.ownerColumns(), kind.columns())
                    .flatMap(List::stream));
            csv.printRecords(rows);
          }
        }
      }
    }
  }

  private static List<List<String>> rows(JsonNode scenario, Kind kind) {
    List<List<String>> rows = new ArrayList<>();
    for (JsonNode engine : scenario.get("engines")) {
      for (JsonNode run : engine.get("runs")) {
        JsonNode owner = run.at(kind.owner());
        for (JsonNode each : owner.isArray() ? owner : List.of(owner)) {
          for (JsonNode point : each.at(kind.series())) {
            List<JsonNode> row = new ArrayList<>(List.of(run.get("engine"), run.get("repeat")));
            kind.ownerColumns().forEach(column -> row.add(each.path(column)));
            for (int i = 0; i < kind.columns().size(); i++) {
              String column = kind.columns().get(i);
              String field = point.has(column) ? column : column.replaceFirst("_m?s$", "");
              row.add(point.isArray() ? point.path(i) : point.path(field));
            }
            rows.add(row.stream().map(JsonNode::asText).toList());
          }
        }
      }
    }
    return rows;
  }
}
