package io.turnstile.bench;

import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.ScenarioException;
import io.turnstile.bench.scenario.Scenarios;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench list}: the scenarios and the engines. */
@Command(
    name = "list",
    description = "Lists the scenarios and the engines.",
    mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Scenarios scenarios = Scenarios.shipped(Engines.names());
    out.println("Scenarios:");
    try {
      for (String name : scenarios.names()) {
        Scenario scenario = scenarios.named(name);
        out.printf("  %-24s %s%n", name, scenario.description());
      }
    } catch (ScenarioException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    out.println("Engines:");
    for (Engine engine : Engines.all()) {
      out.printf("  %-24s %s%n", engine.name(), engine.description());
    }
    out.flush();
    return spec.exitCodeOnSuccess();
  }
}
