package io.turnstile.bench.engine;

import io.turnstile.bench.scenario.EngineSettings;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.clients.Shutdown;
import io.turnstile.clients.TokenClaims;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TurnstileDeployment;
import io.turnstile.testbed.container.ContainerTestbed;
import io.turnstile.testbed.process.ProcessTestbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;

/**
 * The place that an engine runs on, until it is closed: a testbed of our own, or somebody else's.
 * Its methods may be called by any thread.
 *
 * @param kafka the brokers and topics that the engine reads and writes, and where its verdicts are
 * @param signingKey file of the private JWK that tokens are signed with
 * @param tokenClaims what the tokens say besides; nothing on a testbed, where nobody asks for it
 * @param kind {@code processes}, {@code containers} or {@code live}
 * @param testbed null if the deployment is not ours
 * @param starter starts the engine
 */
public record Deployment(
    KafkaConnection kafka,
    Path signingKey,
    TokenClaims tokenClaims,
    String kind,
    Testbed testbed,
    Callable<RunningEngine> starter)
    implements AutoCloseable {

  /** Starts a testbed and creates topics and keys, as {@link Engine#deploy} says. */
  static Deployment onTestbed(
      TestbedConfig config,
      EngineSettings settings,
      TopicNames topics,
      Path keys,
      Function<TurnstileDeployment, RunningEngine> start)
      throws Exception {
    Testbed testbed =
        settings.onContainers() ? new ContainerTestbed(config) : new ProcessTestbed(config);
    Path signingKey = keys.resolve("signing-key.json");
    Path jwks = keys.resolve("jwks.json");
    try {
      testbed.start();
      if (!Files.exists(signingKey)) {
        TokenIssuer.generate(signingKey, jwks);
      }
      String location =
          settings.onContainers()
              ? Files.copy(jwks, testbed.files().resolve("jwks.json")).toString()
              : testbed.serveKeys(jwks).toString();
      TurnstileDeployment deployment =
          new TurnstileDeployment(testbed, topics, settings.lanes(), location);
      deployment.createTopics();
      if (config.journalLanes() > 0) {
        deployment.createJournal();
      }
      return new Deployment(
          new KafkaConnection(testbed.bootstrapServers(), Map.of(), deployment.topics())
              .withVerdictsIn(deployment.database()),
          signingKey,
          TokenClaims.NONE,
          settings.testbed(),
          testbed,
          () -> start.apply(deployment));
    } catch (Exception e) {
      if (!Shutdown.inProgress()) {
        testbed.markFailed();
      }
      testbed.close();
      throw e;
    }
  }

  /** Tells whether all here is fresh and ours: the topics hold what we send, faults are allowed. */
  public boolean isOurs() {
    return testbed != null;
  }

  /** Throws {@link UnsupportedOperationException} if the deployment is not ours. */
  @Override
  public Testbed testbed() {
    if (testbed == null) {
      throw new UnsupportedOperationException("a " + kind + " deployment is left alone");
    }
    return testbed;
  }

  /**
   * Starts the engine and waits until it is ready: whatever is written to the inputs from now on,
   * and was before, gets its verdict. It need not be warm. The logs are kept if it does not start,
   * unless its arguments are wrong.
   *
   * @throws JobRejectedException if the engine is the job and refuses its arguments
   * @throws Exception with a message for a person if it does not start; nothing of it is left then
   *     that does not end with the deployment
   */
  public RunningEngine start() throws Exception {
    try {
      return starter.call();
    } catch (JobRejectedException e) {
      throw e;
    } catch (Exception e) {
      markFailed();
      throw e;
    }
  }

  /** Keeps the logs, because the run failed; those of a deployment that is not ours are its own. */
  public void markFailed() {
    if (testbed != null && !Shutdown.inProgress()) {
      testbed.markFailed();
    }
  }

  @Override
  public void close() {
    if (testbed != null) {
      testbed.close();
    }
  }
}
