package io.turnstile.bench;

import io.turnstile.bench.compare.CompareCommand;
import io.turnstile.bench.jtl.ImportCommand;
import io.turnstile.bench.report.ReportCommand;
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
public final class BenchCommand {}
