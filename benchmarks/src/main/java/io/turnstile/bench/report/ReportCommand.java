package io.turnstile.bench.report;

import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench report}: exit code 0, or 2 if there is nothing to report. */
@Command(
    name = "report",
    description = {
      "Writes the report of all results below a directory: one HTML file that needs no network;",
      "beside it a table of the results as Markdown, and every series as CSV."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class ReportCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DIR",
      description = "where the results are, as bench run --out has written them")
  private Path directory;

  @Option(
      names = "--note",
      paramLabel = "TEXT",
      description = "a paragraph for the notes section; may be given several times")
  private List<String> notes = List.of();

  @Option(
      names = "--notes-file",
      paramLabel = "FILE",
      description = "more for the notes section; empty lines separate paragraphs")
  private Path notesFile;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "the HTML file (default: DIR/report.html)")
  private Path out;

  @Override
  public Integer call() throws IOException {
    List<String> paragraphs = new ArrayList<>(notes);
    if (notesFile != null) {
      if (!Files.isReadable(notesFile)) {
        throw usage("--notes-file %s cannot be read".formatted(notesFile));
      }
      paragraphs.addAll(List.of(Files.readString(notesFile).strip().split("\\R\\s*\\R", -1)));
    }
    List<RunResult> results = Files.exists(directory) ? ResultFile.readAll(directory) : List.of();
    if (results.isEmpty()) {
      throw usage(
          "there is no %s below %s; name the directory given to bench run --out"
              .formatted(ResultFile.NAME, directory));
    }
    Path beside = Files.isDirectory(directory) ? directory : directory.toAbsolutePath().getParent();
    Path html = out == null ? beside.resolve("report.html") : out;
    ReportFiles.write(results, paragraphs, html);
    spec.commandLine().getOut().println("report of " + results.size() + " runs: " + html);
    return 0;
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
