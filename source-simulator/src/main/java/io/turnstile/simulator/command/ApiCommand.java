package io.turnstile.simulator.command;

import io.turnstile.clients.DurationConverter;
import io.turnstile.simulator.api.ApiSettings;
import io.turnstile.simulator.api.SimulatedApi;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code simulate api}: a system that feeds pull from. */
@Command(
    name = "api",
    description =
        "Serves made-up products and customers as a paged HTTP API, with the faults of real ones,"
            + " until the process is ended.",
    mixinStandardHelpOptions = true)
final class ApiCommand implements Callable<Integer> {

  @Option(
      names = "--host",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description = "Address to listen at (default: ${DEFAULT-VALUE}).")
  private String host;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8090",
      description = "Port to listen at, 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--products",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Products (default: ${DEFAULT-VALUE}).")
  private int products;

  @Option(
      names = "--customers",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Customers (default: ${DEFAULT-VALUE}).")
  private int customers;

  @Option(
      names = "--max-page-size",
      paramLabel = "N",
      defaultValue = "500",
      description = "Records in a page, whatever is asked for (default: ${DEFAULT-VALUE}).")
  private int maxPageSize;

  @Option(
      names = "--latency",
      converter = DurationConverter.class,
      paramLabel = "DURATION",
      defaultValue = "0s",
      description = "Of every answer (default: ${DEFAULT-VALUE}).")
  private Duration latency;

  @Option(
      names = "--failures",
      paramLabel = "SHARE",
      defaultValue = "0",
      description = "Requests that are answered 500, 0 to 1 (default: ${DEFAULT-VALUE}).")
  private double failures;

  @Option(
      names = "--throttled",
      paramLabel = "SHARE",
      defaultValue = "0",
      description = "Requests that are answered 429, 0 to 1 (default: ${DEFAULT-VALUE}).")
  private double throttled;

  @Option(
      names = "--truncated",
      paramLabel = "SHARE",
      defaultValue = "0",
      description = "Answers that are cut off, 0 to 1 (default: ${DEFAULT-VALUE}).")
  private double truncated;

  @Option(
      names = "--changes",
      paramLabel = "N",
      defaultValue = "0",
      description = "Records that change in a second (default: ${DEFAULT-VALUE}).")
  private double changes;

  @Option(
      names = "--cursor-lifetime",
      converter = DurationConverter.class,
      paramLabel = "DURATION",
      description = "After which a cursor is answered 410; never by default.")
  private Duration cursorLifetime;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Same seed, same faults and changes (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    return RunOptions.reporting(
        spec,
        () -> {
          SimulatedApi api =
              SimulatedApi.start(
                  new ApiSettings(
                      host,
                      port,
                      products,
                      customers,
                      maxPageSize,
                      latency,
                      failures,
                      throttled,
                      truncated,
                      changes,
                      cursorLifetime,
                      seed));
          Runtime.getRuntime().addShutdownHook(new Thread(api::close, "api-stop"));
          PrintWriter out = spec.commandLine().getOut();
          out.printf("listening at http://%s:%d/products and /customers%n", host, api.port());
          out.flush();
          new CountDownLatch(1).await();
          return spec.exitCodeOnSuccess();
        });
  }
}
