package io.turnstile.cli;

import io.turnstile.clients.FlinkOptions;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JobSubmission;
import io.turnstile.clients.JsonFiles;
import io.turnstile.clients.KafkaOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Replaces the running job by another version, or by the one before: without a stop. */
@Command(
    name = "upgrade",
    description =
        "Replace the running job in a session cluster: the new one starts from its state beside it,"
            + " and takes over when it is ready. To go back, do the same with the old JAR.")
final class UpgradeCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private FlinkOptions flinkOptions;

  @Mixin private KafkaOptions kafka;

  @Option(
      names = "--jar",
      required = true,
      paramLabel = "FILE",
      description = "The new job: turnstile-job.jar of the version to run.")
  private Path jar;

  @Option(
      names = "--from",
      paramLabel = "PATH",
      description =
          "Savepoint or retained checkpoint to start from; default: a savepoint of the running job,"
              + " or the newest checkpoint of one that is not able to take one.")
  private String from;

  @Option(
      names = "--savepoint-timeout",
      paramLabel = "DURATION",
      defaultValue = "1m",
      description = "How long the old job may take for a savepoint (default: ${DEFAULT-VALUE}).")
  private Duration savepointTimeout;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "10m",
      description =
          "How long the new job may take until it has taken over (default: ${DEFAULT-VALUE}).")
  private Duration timeout;

  @Option(names = "--out", paramLabel = "FILE", description = "Write what was done as JSON.")
  private Path out;

  @Parameters(
      arity = "1..*",
      paramLabel = "ARGUMENT",
      description = "All arguments of the new job, behind --; --generation is added.")
  private List<String> arguments;

  @Override
  public Integer call() throws Exception {
    requireNoGeneration();
    FlinkRest flink = flinkOptions.connect(spec.commandLine());
    Optional<FlinkRest.Job> old = flinkOptions.newestJob(flink);
    if (old.isPresent() && !old.get().isTerminal()) {
      // Of several that run, one must be named.
      old = Optional.of(flinkOptions.job(flink));
    }
    PrintWriter screen = spec.commandLine().getOut();
    Upgrade upgrade =
        new Upgrade(
            flink,
            kafka.client(),
            kafka.topics(),
            new Upgrade.Limits(savepointTimeout, timeout),
            line -> {
              screen.println(line);
              screen.flush();
            });
    Upgrade.Report report =
        upgrade.run(old, Optional.ofNullable(from), JobSubmission.of(jar, arguments));
    if (out != null) {
      JsonFiles.write(out, report);
    }
    return 0;
  }

  private void requireNoGeneration() {
    JobOptions job;
    try {
      job = JobOptions.of(arguments);
    } catch (ParameterException e) {
      throw new ParameterException(spec.commandLine(), "behind --: " + e.getMessage());
    }
    if (job.generation() != null) {
      throw new ParameterException(
          spec.commandLine(),
          JobOptions.GENERATION + " is found out by this command: leave it out");
    }
  }
}
