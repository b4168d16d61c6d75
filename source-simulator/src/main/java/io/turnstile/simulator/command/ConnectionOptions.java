package io.turnstile.simulator.command;

import io.turnstile.events.TopicNames;
import io.turnstile.simulator.KafkaConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
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
      description = "How long the producer collects records for a batch (default: 5).")
  private Integer lingerMs;

  @Option(
      names = "--compression",
      description = "Of batches: ${COMPLETION-CANDIDATES} (default: none).")
  private Compression compression;

  KafkaConnection connection() throws IOException {
    Map<String, String> properties =
        clientProperties == null ? Map.of() : KafkaConnection.readProperties(clientProperties);
    KafkaConnection connection =
        new KafkaConnection(bootstrapServers, properties, TopicNames.withPrefix(topicPrefix));
    if (lingerMs != null) {
      connection = connection.with(ProducerConfig.LINGER_MS_CONFIG, lingerMs.toString());
    }
    if (compression != null) {
      connection = connection.with(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression.name());
    }
    return connection;
  }
}
