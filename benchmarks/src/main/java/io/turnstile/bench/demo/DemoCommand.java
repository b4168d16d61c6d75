package io.turnstile.bench.demo;

import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.local.LocalDeploymentOptions;
import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.run.EngineRun;
import io.turnstile.bench.run.RunSetup;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.clients.Screen;
import io.turnstile.simulator.EventSource;
import io.turnstile.simulator.Replay;
import io.turnstile.simulator.command.ReplayOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Runs the scenario {@code demo} and shows it: real Kafka, real Flink, the job, a fault, the proof.
 */
@Command(
    name = "demo",
    description = {
      "Start Kafka, Flink and the job, send transactions of every kind, kill the TaskManager on the "
          + "way, and end with the audit.",
      "Exit code 0 only if the audit holds. Leaves nothing running."
    })
public final class DemoCommand implements Callable<Integer> {

  private static final Duration DEFAULT_DURATION = Duration.ofSeconds(60);

  @Spec private CommandSpec spec;

  @Mixin private LocalDeploymentOptions deployment;

  @Option(
      names = "--duration",
      paramLabel = "DURATION",
      description =
          "How long to send (default: 60s). Not with --replay, which sends the whole file.")
  private Duration duration;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Transactions per second (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--replay",
      paramLabel = "FILE",
      description =
          "Send the rows of this CSV file of the UCI Online Retail data sets; .gz is fine.")
  private Path replay;

  @Mixin private ReplayOptions replayOptions;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed makes the same transactions (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--no-kill", description = "Do not kill the TaskManager.")
  private boolean noKill;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Write audit.json, demo.json and the ledger there.")
  private Path out;

  @Override
  public Integer call() throws Exception {
    validate();
    if (out != null) {
      Files.createDirectories(out);
      Files.deleteIfExists(out.resolve("ledger.csv"));
    }
    Optional<Replay> source = replay == null ? Optional.empty() : Optional.of(open());
    Scenario scenario = scenario(source);
    Screen screen = Screen.of(spec.commandLine().getOut());
    EngineRun run =
        new EngineRun(
            new RunSetup(
                scenario,
                deployment.engine(0),
                1,
                Path.of("demo"),
                "./turnstile "
                    + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
                false,
                source.map(EventSource.class::cast),
                Optional.ofNullable(out).map(directory -> directory.resolve("ledger.csv"))),
            new DemoView(screen, scenario.load()));
    RunResult result = run.run();
    screen.settle();
    if (run.failure().orElse(null) instanceof JobRejectedException e) {
      throw new ParameterException(
          spec.commandLine(), "the job was not accepted: " + e.getMessage(), e);
    }
    DemoSummary summary =
        new DemoSummary(
            result, run.audit(), run.sent(), LatencySummary.ofMicros(run.undisturbed()));
    summary.lines().forEach(line -> screen.line("%s", line));
    if (out != null) {
      summary.write(out);
      String files = run.audit().isPresent() ? "audit.json, demo.json, ledger.csv" : "demo.json";
      screen.line("Written to %s: %s", out, files);
    }
    return summary.passed() ? spec.exitCodeOnSuccess() : spec.exitCodeOnExecutionException();
  }

  private void validate() {
    if (replay != null && duration != null) {
      throw usage("--replay sends the whole file, it takes no --duration");
    }
    if (replay != null && !Files.isReadable(replay)) {
      throw usage(replay + " cannot be read");
    }
    if (replay == null && replayOptions.isGiven()) {
      throw usage("--charset, --date-format and --decimal-separator are for --replay");
    }
    if (!(rate > 0) || Double.isInfinite(rate)) {
      throw usage("--rate must be above 0, not " + rate);
    }
    if (duration != null && duration.isZero()) {
      throw usage("--duration must be above 0");
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** Before anything is started: a file that cannot be understood is wrong usage. */
  private Replay open() throws IOException {
    try {
      return replayOptions.open(replay);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private Scenario scenario(Optional<Replay> source) throws Exception {
    Duration length = duration == null ? DEFAULT_DURATION : duration;
    if (source.isPresent()) {
      double seconds = Math.max(1, source.get().size()) / rate;
      length = Duration.ofMillis((long) Math.ceil(seconds * 1000));
    }
    return DemoScenario.of(
        Scenarios.shipped(Engines.names()).named("demo"),
        length,
        rate,
        seed,
        deployment.lanes(),
        !noKill);
  }
}
