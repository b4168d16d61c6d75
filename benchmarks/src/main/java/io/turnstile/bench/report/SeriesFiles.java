package io.turnstile.bench.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** Writes every series that was measured as CSV, all engines and repeats of a scenario in one. */
final class SeriesFiles {

  /** Beside the report. */
  static final String DIRECTORY = "charts";

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

    List<String> header() {
      List<String> header = new ArrayList<>(List.of("engine", "repeat"));
      header.addAll(ownerColumns);
      header.addAll(columns);
      return header;
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
              List.of("process"),
              "/series",
              List.of("t_s", "cpu_cores", "rss_mb", "disk_written_mb")),
          new Kind(
              "growth",
              "/leaks/trends",
              List.of("process", "figure", "unit"),
              "/series",
              List.of("t_s", "value")));

  private static final CSVFormat CSV = CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get();

  private SeriesFiles() {}

  /**
   * Writes {@code charts/SCENARIO-SERIES.csv} for each series that some run has.
   *
   * @param report in JSON
   * @param beside the report's directory
   */
  static void write(JsonNode report, Path beside) throws IOException {
    Path directory = Files.createDirectories(beside.resolve(DIRECTORY));
    for (JsonNode scenario : report.get("scenarios")) {
      for (Kind kind : KINDS) {
        List<List<String>> rows = rows(scenario, kind);
        if (!rows.isEmpty()) {
          String name = scenario.get("id").asText() + "-" + kind.name() + ".csv";
          try (Writer out = Files.newBufferedWriter(directory.resolve(name));
              CSVPrinter csv = new CSVPrinter(out, CSV)) {
            csv.printRecord(kind.header());
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
            List<String> row = new ArrayList<>();
            row.add(engine.get("name").asText());
            row.add(run.get("repeat").asText());
            kind.ownerColumns().forEach(column -> row.add(each.path(column).asText()));
            for (String column : kind.columns()) {
              row.add(value(point, column, kind.columns().indexOf(column)).asText());
            }
            rows.add(row);
          }
        }
      }
    }
    return rows;
  }

  private static JsonNode value(JsonNode point, String column, int index) {
    if (point.isArray()) {
      return point.path(index);
    }
    return point.has(column) ? point.get(column) : point.path(column.replaceFirst("_m?s$", ""));
  }
}
