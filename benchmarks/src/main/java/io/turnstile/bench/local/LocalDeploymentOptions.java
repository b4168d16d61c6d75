package io.turnstile.bench.local;

import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.Engines;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.TopicOptions;
import io.turnstile.testbed.TestbedConfigBuilder;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
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

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The places of a journal. */
  enum Store {
    KAFKA,
    POSTGRESQL;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--ui-port",
      paramLabel = "PORT",
      defaultValue = "8081",
      description = "Port of Flink's web UI, 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int uiPort;

  @Option(
      names = "--commit",
      paramLabel = "MODE",
      defaultValue = "journal",
      description =
          "How verdicts are committed: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Commit commit;

  @Option(
      names = "--journal-store",
      paramLabel = "STORE",
      defaultValue = "kafka",
      description =
          "Where a journal's verdicts are: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). A"
              + " PostgreSQL of its own is started for them.")
  private Store store;

  @Option(
      names = "--lanes",
      paramLabel = "N",
      defaultValue = "2",
      description =
          "Partitions of every topic, and the job's parallelism (default: ${DEFAULT-VALUE}).")
  private int lanes;

  @Option(
      names = "--gateway",
      fallbackValue = OptionSources.ON,
      description = "A gateway before it, for HTTP.")
  private boolean gateway;

  @Mixin private TopicOptions topics;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Parameters(
      paramLabel = "JOB-ARGUMENT",
      description = "Further arguments for the job, behind --, as in: -- --product-wait 2s")
  private List<String> jobArguments = List.of();

  /**
   * Returns the engine that the options describe.
   *
   * @param changes made to the testbed's configuration
   * @throws ParameterException if verdicts cannot be committed so
   */
  public Engine engine(Consumer<TestbedConfigBuilder> changes) {
    boolean postgresql = store == Store.POSTGRESQL;
    if (postgresql && commit == Commit.CHECKPOINT) {
      throw new ParameterException(
          spec.commandLine(), "--journal-store postgresql needs --commit journal");
    }
    return Engines.turnstile(
        commit.toString(),
        postgresql,
        topics.topics(),
        testbed -> changes.accept(testbed.uiPort(uiPort)),
        jobArguments);
  }

  /** Tells whether there is a gateway before the deployment. */
  public boolean hasGateway() {
    return gateway;
  }

  /** Returns the number of lanes; throws {@link ParameterException} if there is none. */
  public int lanes() {
    if (lanes < 1) {
      throw new ParameterException(spec.commandLine(), "--lanes must be at least 1, not " + lanes);
    }
    return lanes;
  }
}
