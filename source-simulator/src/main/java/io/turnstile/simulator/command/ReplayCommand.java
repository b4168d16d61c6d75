package io.turnstile.simulator.command;

import io.turnstile.simulator.Replay;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationListener;
import io.turnstile.simulator.SimulationOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code simulate replay}: real transactions from a file. */
@Command(
    name = "replay",
    description = {
      "Sends the rows of a file as transactions, their products and customers before them.",
      "Layout: that of the UCI data sets Online Retail and Online Retail II, with the columns",
      "InvoiceNo (or Invoice), StockCode, Description, Quantity, InvoiceDate, UnitPrice (or Price),",
      "CustomerID and Country, in any order. Nothing is sent before the whole file was looked at."
    },
    mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer> {

  @Mixin private ConnectionOptions connection;
  @Mixin private TokenOptions tokens;
  @Mixin private ReplayOptions layout;
  @Mixin private RunOptions run;

  @Parameters(paramLabel = "FILE", description = "A file in CSV; gzip is decompressed.")
  private Path file;

  @Option(
      names = "--rate",
      defaultValue = "1000",
      paramLabel = "N",
      description = "Transactions per second, 0 for unlimited (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "Ends after that many transactions (default: the whole file).")
  private Long count;

  @Option(
      names = "--ledger",
      paramLabel = "FILE",
      description = {
        "Writes down what is right for each transaction, for the audit.",
        "Repeated contents have to be sent within the job's content window, and so has the whole",
        "file if it is replayed again. All replays onto the same topics share one ledger."
      })
  private Path ledger;

  @Override
  public Integer call() throws InterruptedException {
    return RunOptions.reporting(
        run.spec(),
        () -> {
          try (Replay replay = layout.open(file)) {
            return run.run(() -> simulation(replay));
          }
        });
  }

  private Simulation simulation(Replay replay) throws IOException {
    SimulationOptions options = new SimulationOptions().rate(rate).ledger(ledger);
    if (count != null) {
      options.count(count);
    }
    return new Simulation(
        connection.connection(), replay, tokens.issuer(), options, SimulationListener.NONE);
  }
}
