package io.turnstile.simulator.command;

import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.ReferenceOptions;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.postgresql.PostgresqlOptions;
import io.turnstile.simulator.KafkaConnection;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options for connecting to Kafka, and to the database if the verdicts are there. */
final class ConnectionOptions {

  enum Compression {
    none,
    lz4
  }

  @Mixin private KafkaOptions kafka;

  @Mixin private PostgresqlOptions database;

  @Option(
      names = "--linger-ms",
      paramLabel = "MS",
      description = "How long the producer collects records for a batch (default: 5).")
  private Integer lingerMs;

  @Option(
      names = "--compression",
      description = "Of batches: ${COMPLETION-CANDIDATES} (default: none).")
  private Compression compression;

  /** The named references, each with its topic. */
  List<ReferenceSpec> references(ReferenceOptions references) {
    return references.references(kafka);
  }

  /**
   * What they name.
   *
   * @throws IllegalArgumentException if the driver does not take the URL of the database
   */
  KafkaConnection connection() throws IOException {
    if (database.url() != null && !database.hasUsableUrl()) {
      throw new IllegalArgumentException(PostgresqlOptions.WRONG_URL);
    }
    KafkaConnection connection = KafkaConnection.of(kafka).withVerdictsIn(database.sourceIfGiven());
    if (lingerMs != null) {
      connection = connection.with(ProducerConfig.LINGER_MS_CONFIG, lingerMs.toString());
    }
    if (compression != null) {
      connection = connection.with(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression.name());
    }
    return connection;
  }
}
