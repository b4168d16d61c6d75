package io.turnstile.bench.report;

import io.turnstile.bench.result.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes the report of a set of results. */
public final class ReportFiles {

  private ReportFiles() {}

  /**
   * Writes the HTML file; beside it the same as Markdown, and the figures as SVG and CSV.
   *
   * @param results at least one
   * @param notes what the reader should know besides, a paragraph each
   * @param html the file, as {@code DIR/report.html}
   */
  public static void write(List<RunResult> results, List<String> notes, Path html)
      throws IOException {
    if (results.isEmpty()) {
      throw new IllegalArgumentException("no results to report");
    }
    Path directory = html.toAbsolutePath().getParent();
    Document document = Report.of(results, notes, directory);
    Files.createDirectories(directory);
    Files.writeString(html, HtmlRenderer.render(document));
    String name = html.getFileName().toString().replaceFirst("\\.html?$", "");
    Files.writeString(directory.resolve(name + ".md"), MarkdownRenderer.render(document));
    FigureFiles.write(document, directory);
  }
}
