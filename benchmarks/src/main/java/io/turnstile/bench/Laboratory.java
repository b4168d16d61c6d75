package io.turnstile.bench;

import io.turnstile.bench.demo.DemoCommand;
import io.turnstile.bench.local.UpCommand;
import io.turnstile.cli.Turnstile;
import io.turnstile.simulator.command.SimulateCommand;
import picocli.CommandLine;

/** The command {@code turnstile} with what only a checkout has: up, demo, simulate, bench. */
public final class Laboratory {

  private Laboratory() {}

  static CommandLine commandLine() {
    return Turnstile.commandLine(
        new UpCommand(), new DemoCommand(), new SimulateCommand(), new BenchCommand());
  }

  public static void main(String[] args) {
    System.exit(Turnstile.run(commandLine(), args, System.getenv()));
  }
}
