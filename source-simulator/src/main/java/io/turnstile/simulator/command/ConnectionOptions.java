package io.turnstile.simulator.command;

import io.turnstile.events.TopicNames;
import io.turnstile.simulator.KafkaConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Option;

/** How to reach Kafka. */
final class ConnectionOptions {

  enum Compression {
    none,
    lz4
  }

  @Option(
      names = "--bootstrap-servers",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Kafka brokers to start from.")
  private String bootstrapServers;

  @Option(
      names = "--client-properties",
      paramLabel = "FILE",
      description = "Kafka client properties, for instance for TLS and SASL.")
  private Path clientProperties;

  @Option(
      names = "--topic-prefix",
      paramLabel = "PREFIX",
      defaultValue = "",
      description = "Goes before the name of every topic.")
  private String topicPrefix;

  @Option(
      names = "--linger-ms",
      paramLabel = "MS",
      defaultValue = "5",
      description =
          "How long the producer collects records for a batch (default: ${DEFAULT-VALUE}).")
  private int lingerMs;

  @Option(
      names = "--compression",
      defaultValue = "none",
      description = "Of batches: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Compression compression;

  KafkaConnection connection() throws IOException {
    Map<String, String> properties =
        clientProperties == null ? Map.of() : KafkaConnection.readProperties(clientProperties);
    KafkaConnection connection =
        new KafkaConnection(bootstrapServers, properties, TopicNames.withPrefix(topicPrefix));
    return connection
        .with("linger.ms", Integer.toString(lingerMs))
        .with("compression.type", compression.name());
  }
}
