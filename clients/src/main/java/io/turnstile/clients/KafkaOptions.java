package io.turnstile.clients;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import picocli.CommandLine.Option;

/**
 * A deployment's Kafka and the names of its topics, as every command takes them: a mixin where they
 * are required, else an argument group.
 */
public final class KafkaOptions extends TopicOptions {

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

  /** Kafka brokers to connect to first, separated by commas. */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /**
   * The client properties given; none if no file was.
   *
   * @throws IOException if the file cannot be read
   */
  public Map<String, String> clientProperties() throws IOException {
    return clientProperties == null ? Map.of() : ClientProperties.read(clientProperties);
  }

  /**
   * Configuration for every kind of Kafka client.
   *
   * @throws IOException if the properties cannot be read
   */
  public Map<String, Object> client() throws IOException {
    Map<String, Object> config = new HashMap<>(clientProperties());
    config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    return config;
  }

  /**
   * The same, for clients that give up after the timeout, whatever the properties say.
   *
   * @throws IOException if the properties cannot be read
   */
  public Map<String, Object> client(Duration timeout) throws IOException {
    int millis = (int) timeout.toMillis();
    Map<String, Object> config = client();
    config.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
    config.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, millis);
    return config;
  }
}
