package io.turnstile.bench.peers;

import io.turnstile.events.TopicNames;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import picocli.CommandLine.Option;

/** Options of every peer. */
final class PeerOptions {

  /** Line that a program prints once it is ready: a peer reads its input then. */
  static final String READY = "peer ready";

  /** Settings of every peer's producer; the reasons are in README.md. */
  static final Map<String, Object> PRODUCER =
      Map.ofEntries(
          Map.entry(ProducerConfig.BATCH_SIZE_CONFIG, 128 << 10),
          Map.entry(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 6 << 20),
          Map.entry(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, 2),
          Map.entry(ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG, 10));

  @Option(names = "--bootstrap-servers", required = true, description = "Kafka, HOST:PORT,…")
  String bootstrapServers;

  @Option(names = "--topic-prefix", description = "Goes before every default topic name")
  private String topicPrefix = "";

  @Option(names = "--threads", description = "The parallelism")
  int threads = 2;

  @Option(names = "--commit-interval", description = "Milliseconds between two commits")
  int commitIntervalMillis = 10;

  TopicNames topics() {
    return TopicNames.withPrefix(topicPrefix);
  }

  /** Names this deployment: consumer group, transactional ids, internal topics. */
  String applicationId(String peer) {
    return topicPrefix + peer;
  }
}
