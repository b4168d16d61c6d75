package io.turnstile.simulator.command;

import io.turnstile.clients.KafkaOptions;
import io.turnstile.simulator.KafkaConnection;
import java.io.IOException;
import org.apache.kafka.clients.producer.ProducerConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options for connecting to Kafka. */
final class ConnectionOptions {

  enum Compression {
    none,
    lz4
  }

  @Mixin private KafkaOptions kafka;

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
    KafkaConnection connection =
        new KafkaConnection(kafka.bootstrapServers(), kafka.clientProperties(), kafka.topics());
    if (lingerMs != null) {
      connection = connection.with(ProducerConfig.LINGER_MS_CONFIG, lingerMs.toString());
    }
    if (compression != null) {
      connection = connection.with(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression.name());
    }
    return connection;
  }
}
