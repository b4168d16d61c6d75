package io.turnstile.bench.local;

import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.TurnstileEngine;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The deployment that {@code up} and {@code demo} start. */
public final class LocalDeploymentOptions {

  /** The ways to commit verdicts. */
  enum Commit {
    CHECKPOINT,
    JOURNAL;

    /** As the job's option takes it. */
    @Override
    public String toString() {
      return this == CHECKPOINT ? "checkpoint" : "journal";
    }
  }

  private static final String DEFAULT_COMMIT = "journal";

  @Option(
      names = "--ui-port",
      paramLabel = "PORT",
      defaultValue = "8081",
      description = "Port of Flink's web UI, 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int uiPort;

  @Option(
      names = "--commit",
      paramLabel = "MODE",
      defaultValue = DEFAULT_COMMIT,
      description =
          "How verdicts are committed: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Commit commit;

  @Option(
      names = "--lanes",
      paramLabel = "N",
      defaultValue = "2",
      description =
          "Partitions of every topic, and the job's parallelism (default: ${DEFAULT-VALUE}).")
  private int lanes;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Parameters(
      paramLabel = "JOB-ARGUMENT",
      description = "Further arguments for the job, behind --, as in: -- --product-wait 2s")
  private List<String> jobArguments = List.of();

  /**
   * Returns the engine that the options describe.
   *
   * @param kafkaPort 0 for a free one
   */
  public Engine engine(int kafkaPort) {
    return TurnstileEngine.committingBy(commit.toString())
        .with(testbed -> testbed.kafkaPort(kafkaPort).uiPort(uiPort), jobArguments);
  }

  /**
   * Returns the number of lanes.
   *
   * @throws ParameterException if there is none
   */
  public int lanes() {
    if (lanes < 1) {
      throw new ParameterException(spec.commandLine(), "--lanes must be at least 1, not " + lanes);
    }
    return lanes;
  }
}
