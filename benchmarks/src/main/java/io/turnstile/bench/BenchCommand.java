package io.turnstile.bench;

import io.turnstile.bench.compare.CompareCommand;
import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.jtl.ImportCommand;
import io.turnstile.bench.report.ReportCommand;
import io.turnstile.bench.scenario.ScenarioException;
import io.turnstile.bench.scenario.Scenarios;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench}: the command that holds the others. */
@Command(
    name = "bench",
    description = "Measures engines under load, with the proof that every verdict was right.",
    subcommands = {
      RunCommand.class,
      ImportCommand.class,
      ReportCommand.class,
      CompareCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class BenchCommand {

  @Spec private CommandSpec spec;

  @Command(
      name = "list",
      description = "Lists the scenarios and the engines.",
      mixinStandardHelpOptions = true)
  void list() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Scenarios scenarios = Scenarios.shipped(Engines.names());
    out.println("Scenarios:");
    try {
      for (String name : scenarios.names()) {
        out.printf("  %-24s %s%n", name, scenarios.named(name).description());
      }
    } catch (ScenarioException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    out.println("Engines:");
    for (Engine engine : Engines.all()) {
      out.printf("  %-24s %s%n", engine.name(), engine.description());
    }
    out.flush();
  }
}
