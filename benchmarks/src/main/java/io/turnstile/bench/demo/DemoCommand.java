package io.turnstile.bench.demo;

import io.turnstile.bench.local.LocalDeployment;
import io.turnstile.bench.local.LocalDeploymentOptions;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.clients.Screen;
import io.turnstile.simulator.EventSource;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.Replay;
import io.turnstile.testbed.TemporaryDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Everything once: real Kafka, real Flink, the job, a fault, the proof. */
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
      description = "Send the rows of this CSV file, in the UCI Online Retail layout; .gz is fine.")
  private Path replay;

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
    Screen screen = Screen.of(spec.commandLine().getOut());
    if (out != null) {
      Files.createDirectories(out);
    }
    try (TemporaryDirectory temporary = new TemporaryDirectory("turnstile-")) {
      Path ledger = (out == null ? temporary.path() : out).resolve("ledger.csv");
      Files.deleteIfExists(ledger);
      try (LocalDeployment started =
          LocalDeployment.start(
              deployment, 0, temporary.path().getParent(), temporary.path(), screen)) {
        DemoRun run = new DemoRun(started, screen, plan(ledger));
        boolean passed = run.run();
        if (out != null) {
          run.write(out);
          screen.line("Written to %s: audit.json, demo.json, ledger.csv", out);
        }
        if (!passed) {
          started.testbed().markFailed();
        }
        return passed ? 0 : 1;
      }
    } catch (JobRejectedException e) {
      throw new ParameterException(
          spec.commandLine(), "the job was not accepted: " + e.getMessage(), e);
    }
  }

  private void validate() {
    if (replay != null && duration != null) {
      throw new ParameterException(
          spec.commandLine(), "--replay sends the whole file, it takes no --duration");
    }
    if (replay != null && !Files.isReadable(replay)) {
      throw new ParameterException(spec.commandLine(), replay + " cannot be read");
    }
    if (!(rate > 0) || Double.isInfinite(rate)) {
      throw new ParameterException(spec.commandLine(), "--rate must be above 0, not " + rate);
    }
  }

  private DemoPlan plan(Path ledger) throws IOException {
    if (replay != null) {
      long rows = DemoPlan.countRows(replay);
      EventSource source = new Replay(replay, System.currentTimeMillis());
      return new DemoPlan(source, rate, Duration.ofDays(1), rows, !noKill, ledger);
    }
    Duration length = duration == null ? DEFAULT_DURATION : duration;
    EventSource source = new Generator(new GeneratorOptions().mixed().seed(seed).rate(rate));
    long expected = Math.max(1, (long) (rate * length.toMillis() / 1000));
    return new DemoPlan(source, rate, length, expected, !noKill, ledger);
  }
}
