package io.turnstile.clients;

import io.turnstile.events.TopicNames;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.CommonClientConfigs;
import picocli.CommandLine.Option;

/**
 * A deployment's Kafka and the names of its topics, as every command takes them: a mixin where they
 * are required, else an argument group.
 */
public final class KafkaOptions {

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

  @Option(
      names = "--topic-transactions",
      paramLabel = "NAME",
      description = "Default: transactions, behind the prefix.")
  private String topicTransactions;

  @Option(
      names = "--topic-inventory",
      paramLabel = "NAME",
      description = "Default: inventory, behind the prefix.")
  private String topicInventory;

  @Option(
      names = "--topic-customers",
      paramLabel = "NAME",
      description = "Default: customers, behind the prefix.")
  private String topicCustomers;

  @Option(
      names = "--topic-accepted",
      paramLabel = "NAME",
      description = "Default: verdicts.accepted, behind the prefix.")
  private String topicAccepted;

  @Option(
      names = "--topic-rejected",
      paramLabel = "NAME",
      description = "Default: verdicts.rejected, behind the prefix.")
  private String topicRejected;

  @Option(
      names = "--topic-dead-letter",
      paramLabel = "NAME",
      description = "Default: verdicts.dead-letter, behind the prefix.")
  private String topicDeadLetter;

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

  /** As the job's options of the same names have them. */
  public TopicNames topics() {
    TopicNames defaults = TopicNames.withPrefix(topicPrefix);
    return new TopicNames(
        Objects.requireNonNullElse(topicTransactions, defaults.transactions()),
        Objects.requireNonNullElse(topicInventory, defaults.inventory()),
        Objects.requireNonNullElse(topicCustomers, defaults.customers()),
        Objects.requireNonNullElse(topicAccepted, defaults.accepted()),
        Objects.requireNonNullElse(topicRejected, defaults.rejected()),
        Objects.requireNonNullElse(topicDeadLetter, defaults.deadLetter()));
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
