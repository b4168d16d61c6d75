package io.turnstile.simulator.command;

import io.turnstile.clients.DurationConverter;
import io.turnstile.clients.OptionSources;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationListener;
import io.turnstile.simulator.SimulationOptions;
import io.turnstile.simulator.http.RequestFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code simulate generate}: made-up transactions with a share of everything that can go wrong. */
@Command(
    name = "generate",
    description = {
      "Makes customers and products up, publishes them, and sends their transactions.",
      "A SHARE is a fraction of all transactions, from 0 to 1; what no share claims is ordinary."
    },
    mixinStandardHelpOptions = true,
    modelTransformer = ShareOptions.class)
final class GenerateCommand implements Callable<Integer> {

  @Mixin private ConnectionOptions connection;
  @Mixin private TokenOptions tokens;
  @Mixin private RunOptions run;
  @Spec private CommandSpec spec;

  @Option(
      names = "--rate",
      defaultValue = "1000",
      paramLabel = "N",
      description = "Transactions per second, 0 for unlimited (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--duration",
      converter = DurationConverter.class,
      paramLabel = "DURATION",
      description = "Ends after 500ms, 60s, 5m or 1h, say (default: runs on).")
  private Duration duration;

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "Ends after that many transactions (default: runs on).")
  private Long count;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description =
          "Same seed, run id, start time and options: same events (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--run-id",
      paramLabel = "ID",
      description = "Keeps ids apart from other runs' on these topics (default: the start time).")
  private String runId;

  @Option(
      names = "--start-time",
      paramLabel = "MILLIS",
      description = "Where occurred_at and versions start, epoch milliseconds (default: now).")
  private Long startMillis;

  @Option(
      names = "--customers",
      defaultValue = "10000",
      paramLabel = "N",
      description = "How many buy (default: ${DEFAULT-VALUE}).")
  private int customers;

  @Option(
      names = "--products",
      defaultValue = "10000",
      paramLabel = "N",
      description = "How many are bought (default: ${DEFAULT-VALUE}).")
  private int products;

  @Option(
      names = "--zipf-exponent",
      defaultValue = "1.0",
      paramLabel = "X",
      description = "How unequally they sell: 0 all alike (default: ${DEFAULT-VALUE}).")
  private double zipfExponent;

  @Option(
      names = "--skip-reference",
      fallbackValue = OptionSources.ON,
      description = "Customers and products are in their topics already: does not publish them.")
  private boolean skipReference;

  @Option(
      names = "--ledger",
      paramLabel = "FILE",
      description = "Writes down what is right for each transaction, for the audit.")
  private Path ledger;

  @Option(
      names = "--requests",
      paramLabel = "FILE",
      description = {
        "Sends no transactions, but writes them there as requests to a gateway, for other tools:",
        "CSV of token, body and right status. Needs --count; not with --ledger and --retry."
      })
  private Path requests;

  @Option(
      names = "--retry",
      fallbackValue = OptionSources.ON,
      description =
          "Reads the rejected verdicts, and sends what may be retried again with a fresh token.")
  private boolean retry;

  @Option(
      names = "--retry-wait",
      converter = DurationConverter.class,
      defaultValue = "30s",
      paramLabel = "DURATION",
      description = "How long to wait for such verdicts at the end (default: ${DEFAULT-VALUE}).")
  private Duration retryWait;

  @Override
  public Integer call() throws InterruptedException, IOException {
    if (requests == null) {
      return run.run(this::simulation);
    }
    if (count == null || ledger != null || retry) {
      throw new ParameterException(
          spec.commandLine(), "--requests needs --count, and takes neither --ledger nor --retry");
    }
    rate = 0;
    try (RequestFile file = new RequestFile(requests)) {
      return run.run(() -> simulation().over(file));
    }
  }

  private Simulation simulation() throws IOException {
    GeneratorOptions generator =
        new GeneratorOptions()
            .seed(seed)
            .rate(rate)
            .customers(customers)
            .products(products)
            .zipfExponent(zipfExponent)
            .publishReference(!skipReference);
    if (runId != null) {
      generator.runId(runId);
    }
    if (startMillis != null) {
      generator.startMillis(startMillis);
    }
    ShareOptions.set(spec, generator);
    SimulationOptions options =
        new SimulationOptions().rate(rate).ledger(ledger).retry(retry).retryWait(retryWait);
    if (duration != null) {
      options.duration(duration);
    }
    if (count != null) {
      options.count(count);
    }
    return new Simulation(
        connection.connection(),
        new Generator(generator),
        tokens.issuer(),
        options,
        SimulationListener.NONE);
  }
}
