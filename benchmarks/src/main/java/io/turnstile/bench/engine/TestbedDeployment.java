package io.turnstile.bench.engine;

import io.turnstile.bench.scenario.EngineSettings;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.clients.Shutdown;
import io.turnstile.clients.Topics;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.container.ContainerTestbed;
import io.turnstile.testbed.process.ProcessTestbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;

/** A testbed of our own with topics and keys, on which an engine starts. */
final class TestbedDeployment implements Deployment {

  private static final short ONE_BROKER = 1;

  /** Starts an engine on a deployment. */
  interface Start {
    RunningEngine on(TestbedDeployment deployment) throws Exception;
  }

  private final Testbed testbed;
  private final EngineSettings settings;
  private final Path keys;
  private final Start start;

  private TestbedDeployment(Testbed testbed, EngineSettings settings, Path keys, Start start) {
    this.testbed = testbed;
    this.settings = settings;
    this.keys = keys;
    this.start = start;
  }

  /** Starts a testbed and creates topics and keys, as {@link Engine#deploy} says. */
  static TestbedDeployment create(
      TestbedConfig config, EngineSettings settings, Path keys, Start start) throws Exception {
    Testbed testbed =
        settings.onContainers() ? new ContainerTestbed(config) : new ProcessTestbed(config);
    TestbedDeployment deployment = new TestbedDeployment(testbed, settings, keys, start);
    try {
      testbed.start();
      deployment.createTopics();
      deployment.createKeys();
      return deployment;
    } catch (Exception e) {
      deployment.markFailed();
      testbed.close();
      throw e;
    }
  }

  private void createTopics() throws Exception {
    Map<String, Object> client =
        Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, testbed.bootstrapServers());
    try (Admin admin = Admin.create(client)) {
      new Topics(topics(), settings.lanes(), settings.lanes()).create(admin, ONE_BROKER);
    }
  }

  private void createKeys() throws Exception {
    if (!Files.exists(signingKey())) {
      TokenIssuer.generate(signingKey(), jwks());
    }
    if (settings.onContainers()) {
      Files.copy(jwks(), jwksForEngine());
    }
  }

  TopicNames topics() {
    return TopicNames.DEFAULT;
  }

  private Path jwks() {
    return keys.resolve("jwks.json");
  }

  /** Returns the file of the public keys where the engine finds it. */
  Path jwksForEngine() {
    return settings.onContainers() ? testbed.files().resolve("jwks.json") : jwks();
  }

  @Override
  public KafkaConnection kafka() {
    return new KafkaConnection(testbed.bootstrapServers(), Map.of(), topics());
  }

  @Override
  public Path signingKey() {
    return keys.resolve("signing-key.json");
  }

  @Override
  public String kind() {
    return settings.testbed();
  }

  @Override
  public boolean isOurs() {
    return true;
  }

  /**
   * {@inheritDoc} The logs are kept if it does not, unless its arguments are wrong.
   *
   * @throws JobRejectedException if the engine is the job and refuses its arguments
   */
  @Override
  public RunningEngine start() throws Exception {
    try {
      return start.on(this);
    } catch (JobRejectedException e) {
      throw e;
    } catch (Exception e) {
      markFailed();
      throw e;
    }
  }

  @Override
  public Testbed testbed() {
    return testbed;
  }

  @Override
  public Map<String, Long> pids(RunningEngine engine) {
    List<TestbedProcess> targets = new ArrayList<>(engine.processes());
    targets.add(TestbedProcess.BROKER);
    Map<String, Long> pids = new LinkedHashMap<>();
    for (TestbedProcess target : targets) {
      try {
        pids.put(target.toString(), testbed.pid(target));
      } catch (TestbedException e) {
        // It has ended.
      }
    }
    return pids;
  }

  @Override
  public void markFailed() {
    if (!Shutdown.inProgress()) {
      testbed.markFailed();
    }
  }

  @Override
  public void close() {
    testbed.close();
  }
}
