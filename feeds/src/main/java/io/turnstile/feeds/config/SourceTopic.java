package io.turnstile.feeds.config;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A topic of this or another Kafka.
 *
 * @param bootstrapServers its brokers
 * @param clientProperties file of Kafka client properties, null for none
 * @param name of the topic
 * @param envelope around each record
 * @param pageSize records published together, at most
 */
public record SourceTopic(
    String bootstrapServers,
    String clientProperties,
    String name,
    Envelope envelope,
    Integer pageSize) {

  private static final int PAGE_SIZE = 500;

  /** What is around each record. */
  public enum Envelope {
    /** Nothing: the value is the record, no value deletes by the key. */
    @JsonProperty("none")
    NONE,
    /** A change event of Debezium. */
    @JsonProperty("debezium")
    DEBEZIUM
  }

  /** What is null becomes the default: no envelope, 500. */
  public SourceTopic {
    envelope = requireNonNullElse(envelope, Envelope.NONE);
    pageSize = requireNonNullElse(pageSize, PAGE_SIZE);
  }
}
