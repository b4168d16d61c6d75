package io.turnstile.testbed.process;

import io.turnstile.testbed.ClusterSettings;
import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.Ports;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.common.Uuid;

/** One broker that is its own controller. */
public final class KafkaBroker {
  private static final String HOST = "127.0.0.1";
  private static final String TRANSACTION_VERSION = "transaction.version";
  private static final short REQUIRED_TRANSACTION_VERSION = 2;

  private final TestbedConfig config;
  private final Jvm jvm;
  private final Distribution distribution;
  private final Path logs;
  private final Path properties;
  private final Path data;
  private final int port;
  private final int controllerPort;
  private final ManagedProcess process;

  KafkaBroker(
      TestbedConfig config,
      Jvm jvm,
      Ports ports,
      Path directory,
      Path logs,
      ManagedProcess process) {
    this.config = config;
    this.jvm = jvm;
    this.distribution = Distribution.kafka();
    this.logs = logs;
    this.properties = directory.resolve("server.properties");
    this.data = directory.resolve("data");
    this.port = ports.require("Kafka", config.kafkaPort());
    this.controllerPort = ports.free();
    this.process = process;
  }

  String bootstrapServers() {
    return HOST + ":" + port;
  }

  /**
   * Prepares the data directory.
   *
   * @param tool a process of its own for it
   */
  void format(ManagedProcess tool) {
    Properties text = new Properties();
    text.putAll(serverProperties());
    try {
      Files.createDirectories(data);
      try (Writer writer = Files.newBufferedWriter(properties)) {
        text.store(writer, null);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    tool.run(
        jvm.command(
            Jvm.SHORT_LIVED,
            "kafka.tools.StorageTool",
            List.of(
                "format",
                "--standalone",
                "--cluster-id",
                Uuid.randomUuid().toString(),
                "--config",
                properties.toString())),
        jvm.environment(distribution.classPath()),
        config.startTimeout());
  }

  private Map<String, String> serverProperties() {
    Map<String, String> server = new TreeMap<>();
    server.put("process.roles", "broker,controller");
    server.put("node.id", "1");
    server.put("controller.quorum.bootstrap.servers", HOST + ":" + controllerPort);
    server.put("controller.listener.names", "CONTROLLER");
    server.put(
        "listeners",
        "PLAINTEXT://%s:%d,CONTROLLER://%s:%d".formatted(HOST, port, HOST, controllerPort));
    server.put("log.dirs", data.toString());
    server.putAll(ClusterSettings.broker(config, 1));
    return server;
  }

  /** Starts the formatted broker and waits until it answers. */
  void start() {
    List<String> options = new ArrayList<>();
    // The whole heap at once, as Kafka's own scripts do: a small one collects often.
    options.add("-Xms" + config.brokerHeap());
    options.add("-Xmx" + config.brokerHeap());
    options.add("-XX:+ExitOnOutOfMemoryError");
    options.add(Jvm.gcLog(logs, process.name()));
    options.addAll(config.brokerJvmOptions());
    process.start(
        jvm.command(options, "kafka.Kafka", List.of(properties.toString())),
        jvm.environment(distribution.classPath()));
    // Clients are noisy about a port that is not open yet.
    process.awaitReady(config.startTimeout(), () -> Ports.isOpen(HOST, port));
    try {
      requireTransactionVersion(bootstrapServers(), config.startTimeout());
    } catch (TestbedException e) {
      process.requireAlive();
      throw e;
    }
  }

  /** Without it, a transaction of a zombie may go unnoticed into its successor's. */
  public static void requireTransactionVersion(String bootstrapServers, Duration startTimeout) {
    int timeout = (int) startTimeout.toMillis();
    Map<String, Object> client =
        Map.of(
            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
            timeout);
    try (Admin admin = Admin.create(client)) {
      FinalizedVersionRange version =
          admin
              .describeFeatures()
              .featureMetadata()
              .get(timeout, TimeUnit.MILLISECONDS)
              .finalizedFeatures()
              .get(TRANSACTION_VERSION);
      if (version == null || version.maxVersionLevel() < REQUIRED_TRANSACTION_VERSION) {
        throw new TestbedException(
            "the broker has %s %s, needed is %d"
                .formatted(TRANSACTION_VERSION, version, REQUIRED_TRANSACTION_VERSION));
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new TestbedException("the broker does not answer: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestbedException("interrupted while starting the broker", e);
    }
  }
}
