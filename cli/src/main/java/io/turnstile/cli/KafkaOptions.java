package io.turnstile.cli;

import io.turnstile.events.TopicNames;
import io.turnstile.simulator.KafkaConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import picocli.CommandLine.Option;

/** How to reach a deployment's Kafka. */
final class KafkaOptions {

  @Option(
      names = "--bootstrap-servers",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Kafka brokers to connect to first, separated by commas.")
  private String bootstrapServers;

  @Option(
      names = "--client-properties",
      paramLabel = "FILE",
      description = "Kafka client properties, as for TLS and SASL.")
  private Path clientProperties;

  @Option(
      names = "--topic-prefix",
      paramLabel = "PREFIX",
      defaultValue = "",
      description = "What all topic names begin with; nothing by default.")
  private String topicPrefix;

  TopicNames topics() {
    return TopicNames.withPrefix(topicPrefix);
  }

  /**
   * Configuration for every kind of Kafka client.
   *
   * @throws IOException if the properties cannot be read
   */
  Map<String, Object> client() throws IOException {
    Map<String, Object> config = new HashMap<>();
    if (clientProperties != null) {
      config.putAll(KafkaConnection.readProperties(clientProperties));
    }
    config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    return config;
  }
}
