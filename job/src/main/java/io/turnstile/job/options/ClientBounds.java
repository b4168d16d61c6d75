package io.turnstile.job.options;

import static io.turnstile.job.options.Bounds.require;

import io.turnstile.clients.Topics;
import io.turnstile.job.commit.CommitMode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Bounds of Kafka client properties. A record that does not fit the producer would stop the job
 * when somebody sends one, perhaps weeks later.
 *
 * <p>Those of consumers need no bound: a broker returns the first batch whatever its size, and the
 * job sets its own for transactions.
 */
public final class ClientBounds {

  /** Marks a value that Kafka's clients get from a {@code ConfigProvider}. */
  private static final String PLACEHOLDER = "${";

  private ClientBounds() {}

  /**
   * Checks properties that are given to every Kafka client. What Kafka's {@code config.providers}
   * are to fill in is not known here, and is left to the clients.
   *
   * @param client with the bootstrap servers
   * @param commit each mode writes by a producer of its own
   * @throws InvalidConfigException if one has no value that Kafka knows, or is too small
   */
  public static void validate(Map<String, String> client, CommitMode commit)
      throws InvalidConfigException {
    Map<String, String> known = new HashMap<>(client);
    if (client.containsKey(AbstractConfig.CONFIG_PROVIDERS_CONFIG)) {
      // The job itself reads the journal's request size.
      known
          .entrySet()
          .removeIf(
              property ->
                  property.getValue().contains(PLACEHOLDER)
                      && !(commit == CommitMode.JOURNAL
                          && property.getKey().equals(ProducerConfig.MAX_REQUEST_SIZE_CONFIG)));
    }
    Map<String, Object> parsed = parse(known);
    for (String size : sizes(commit)) {
      require(
          ((Number) parsed.get(size)).longValue() >= Topics.MAX_DEAD_LETTER_BYTES
              || !known.containsKey(size),
          "--client-properties: "
              + size
              + "="
              + known.get(size)
              + " is less than the largest dead letter; leave it out, or set "
              + Topics.MAX_DEAD_LETTER_BYTES
              + " or more");
    }
  }

  /** Each must be as large as the largest record that is written. */
  private static List<String> sizes(CommitMode commit) {
    return switch (commit) {
      case JOURNAL ->
          List.of(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, ProducerConfig.BUFFER_MEMORY_CONFIG);
      // The sink has a request size of its own.
      case CHECKPOINT -> List.of(ProducerConfig.BUFFER_MEMORY_CONFIG);
    };
  }

  private static Map<String, Object> parse(Map<String, String> client)
      throws InvalidConfigException {
    Map<String, Object> complete = new HashMap<>(client);
    complete.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    complete.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    complete.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    complete.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    try {
      Map<String, Object> unused = ConsumerConfig.configDef().parse(complete);
      return ProducerConfig.configDef().parse(complete);
    } catch (ConfigException e) {
      throw new InvalidConfigException("--client-properties: " + e.getMessage());
    }
  }
}
