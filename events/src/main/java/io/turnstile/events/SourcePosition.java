package io.turnstile.events;

/**
 * Position of an input record in Kafka: the identity of the input.
 *
 * @param topic the source topic
 * @param partition the source partition
 * @param offset the offset in it
 */
public record SourcePosition(String topic, int partition, long offset) {

  /** {@code topic/partition/offset}, the form used in keys, logs and reports. */
  @Override
  public String toString() {
    return topic + "/" + partition + "/" + offset;
  }
}
