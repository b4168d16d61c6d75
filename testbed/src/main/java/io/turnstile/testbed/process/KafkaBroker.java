package io.turnstile.testbed.process;

import io.turnstile.testbed.ClusterSettings;
import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.Ports;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TransactionVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/** One broker that is its own controller. */
final class KafkaBroker {
  private static final String HOST = "127.0.0.1";

  private final TestbedConfig config;
  private final Jvm jvm;
  private final Distribution distribution;
  private final Path logs;
  private final Path properties;
  private final Path data;
  private final int port;
  private final int controllerPort;
  private final ManagedProcess process;
  private final ClassDataArchive classData;

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
    this.classData = Jvm.classData(distribution, "broker", distribution.classPath());
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
    List<String> options = new ArrayList<>(Jvm.SHORT_LIVED);
    options.addAll(classData.use());
    tool.run(
        jvm.command(
            options,
            "kafka.tools.StorageTool",
            List.of(
                "format",
                "--standalone",
                "--cluster-id",
                Uuid.randomUuid().toString(),
                "--config",
                properties.toString())),
        Jvm.environment(distribution.classPath()),
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
    options.addAll(classData.useOrRecord());
    process.start(
        jvm.command(options, "kafka.Kafka", List.of(properties.toString())),
        Jvm.environment(distribution.classPath()));
    process.beforeClose(classData::record);
    // Clients are noisy about a port that is not open yet.
    process.awaitReady(config.startTimeout(), () -> Ports.isOpen(HOST, port));
    try {
      TransactionVersion.require(bootstrapServers(), config.startTimeout());
    } catch (TestbedException e) {
      process.requireAlive();
      throw e;
    }
  }
}
