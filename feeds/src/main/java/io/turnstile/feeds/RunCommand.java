package io.turnstile.feeds;

import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.FeedFile;
import io.turnstile.feeds.config.FeedFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code feeds run}: pulls until the process is ended. */
@Command(
    name = "run",
    description =
        "Run the feeds of a file until the process is ended (SIGTERM, Ctrl-C). Of several runners of"
            + " a feed one works, and another takes over when it is gone.",
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

  private static final Pattern ADDRESS = Pattern.compile("(\\[[0-9a-fA-F:]+]|[^:]+):(\\d{1,5})");
  private static final int MAX_PORT = 65_535;
  private static final Duration LEAST_TAKE_OVER = Duration.ofSeconds(1);

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "YAML file of feeds, see docs/feeds.md.")
  private Path file;

  @Mixin private StateTopicOption states;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "0.0.0.0:8082",
      description =
          "Address of /metrics and /livez, port 0 for a free one (default: ${DEFAULT-VALUE}).")
  private String listen;

  @Option(
      names = "--instance",
      paramLabel = "NAME",
      description =
          "Name of this runner that no other one has: one that comes back under it goes on at once.")
  private String instance;

  @Option(
      names = "--take-over",
      paramLabel = "DURATION",
      defaultValue = "10s",
      description =
          "After how much silence of a runner another takes over; the brokers bound it, at 6s or more"
              + " by default (default: ${DEFAULT-VALUE}).")
  private Duration takeOver;

  @Override
  public Integer call() throws Exception {
    Matcher address = ADDRESS.matcher(listen);
    if (!address.matches() || Integer.parseInt(address.group(2)) > MAX_PORT) {
      throw new ParameterException(
          spec.commandLine(), "--listen must be HOST:PORT, as in 0.0.0.0:8082");
    }
    if (takeOver.compareTo(LEAST_TAKE_OVER) < 0) {
      throw new ParameterException(spec.commandLine(), "--take-over must be at least 1s");
    }
    List<Feed> feeds = FeedFile.read(file);
    RunSettings settings =
        new RunSettings(
            states.kafka().client(),
            states.kafka().topics(),
            states.kafka().topicPrefix(),
            states.name(),
            instance,
            takeOver,
            states.timeout());
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    new JvmMemoryMetrics().bindTo(metrics);
    new ProcessorMetrics().bindTo(metrics);
    CompletableFuture<Throwable> broken = new CompletableFuture<>();
    List<FeedRunner> runners = runners(feeds, settings, metrics, broken::complete);
    MetricsServer server =
        new MetricsServer(
            address.group(1).replaceAll("[\\[\\]]", ""),
            Integer.parseInt(address.group(2)),
            metrics);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  // All of them at once: closing takes its time.
                  runners.forEach(FeedRunner::stop);
                  runners.parallelStream().forEach(FeedRunner::close);
                  server.close();
                },
                "feeds-stop"));
    states.topic().createPatiently();
    runners.forEach(FeedRunner::start);
    spec.commandLine().getOut().printf("metrics at port %d%n", server.port());
    spec.commandLine().getOut().flush();
    // A platform starts a process that has ended again; one without a feed would seem to live.
    Throwable error = broken.get();
    throw new CheckFailedException("a feed has ended, and all with it: " + error);
  }

  private static List<FeedRunner> runners(
      List<Feed> feeds,
      RunSettings settings,
      PrometheusMeterRegistry metrics,
      Consumer<Throwable> broken)
      throws FeedFileException {
    List<FeedRunner> runners = new ArrayList<>();
    for (Feed feed : feeds) {
      runners.add(new FeedRunner(feed, settings, metrics, broken));
    }
    return runners;
  }
}
