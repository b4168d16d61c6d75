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
      "Layout: InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country,",
      "as in the UCI data set Online Retail."
    },
    mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer> {

  @Mixin private ConnectionOptions connection;
  @Mixin private TokenOptions tokens;
  @Mixin private RunOptions run;

  @Parameters(paramLabel = "FILE", description = "A file in CSV; .gz is decompressed.")
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
        "Repeated contents have to be sent within the job's content window."
      })
  private Path ledger;

  @Override
  public Integer call() throws InterruptedException {
    return RunOptions.reporting(
        run.spec(),
        () -> {
          try (Replay replay = new Replay(file, System.currentTimeMillis())) {
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
