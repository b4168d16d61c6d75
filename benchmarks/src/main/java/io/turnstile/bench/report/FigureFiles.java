package io.turnstile.bench.report;

import io.turnstile.bench.chart.Chart;
import io.turnstile.bench.chart.FlameGraph;
import io.turnstile.bench.chart.Series;
import io.turnstile.bench.chart.SvgChart;
import io.turnstile.bench.report.Document.Flames;
import io.turnstile.bench.report.Document.Picture;
import io.turnstile.bench.report.Document.Plot;
import io.turnstile.bench.report.Document.Section;
import io.turnstile.bench.result.Point;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** Writes each figure as an SVG file, and what it shows as a CSV file. */
final class FigureFiles {

  /** Beside the report. */
  static final String DIRECTORY = "figures";

  private static final CSVFormat CSV = CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get();

  private FigureFiles() {}

  /**
   * @param beside the report's directory
   */
  static void write(Document document, Path beside) throws IOException {
    Path directory = Files.createDirectories(beside.resolve(DIRECTORY));
    for (Section section : document.sections()) {
      write(section, directory);
    }
  }

  private static void write(Section section, Path directory) throws IOException {
    for (Document.Block block : section.blocks()) {
      if (block instanceof Picture picture) {
        Files.writeString(directory.resolve(picture.id() + ".svg"), svg(picture));
        Files.writeString(directory.resolve(picture.id() + ".csv"), csv(picture));
      }
    }
    for (Section part : section.sections()) {
      write(part, directory);
    }
  }

  static String svg(Picture picture) {
    if (picture instanceof Plot plot) {
      return SvgChart.draw(plot.chart());
    }
    Flames flames = (Flames) picture;
    return FlameGraph.draw(flames.title(), flames.stacks());
  }

  private static String csv(Picture picture) throws IOException {
    StringWriter text = new StringWriter();
    try (CSVPrinter csv = new CSVPrinter(text, CSV)) {
      if (picture instanceof Plot plot) {
        print(plot.chart(), csv);
      } else {
        csv.printRecord("stack", "samples");
        for (Map.Entry<String, Long> stack : ((Flames) picture).stacks().entrySet()) {
          csv.printRecord(stack.getKey(), stack.getValue());
        }
      }
    }
    return text.toString();
  }

  private static void print(Chart chart, CSVPrinter csv) throws IOException {
    csv.printRecord("series", "repeat", chart.x().column(), chart.y().column());
    for (Series series : chart.series()) {
      for (Point point : series.points()) {
        csv.printRecord(
            List.of(
                series.name(),
                series.repeat(),
                point.x(),
                Double.isFinite(point.y()) ? point.y() : ""));
      }
    }
  }
}
