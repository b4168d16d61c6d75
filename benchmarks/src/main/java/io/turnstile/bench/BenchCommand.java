package io.turnstile.bench;

import io.turnstile.bench.compare.CompareCommand;
import io.turnstile.bench.jtl.ImportCommand;
import io.turnstile.bench.report.ReportCommand;
import java.nio.file.Path;
import picocli.CommandLine.Command;

/** {@code bench}: the command that holds the others. */
@Command(
    name = "bench",
    description = "Measures engines under load, with the proof that every verdict was right.",
    subcommands = {
      ListCommand.class,
      RunCommand.class,
      ImportCommand.class,
      ReportCommand.class,
      CompareCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class BenchCommand {

  /** Where the scenarios lie that come with the project. */
  static Path scenarios() {
    String home = System.getProperty("turnstile.home");
    if (home == null) {
      throw new IllegalStateException(
          "system property turnstile.home is not set; set it to the root of the project");
    }
    return Path.of(home, "benchmarks", "scenarios");
  }
}
