package io.turnstile.job.read;

import io.turnstile.events.TopicNames;
import java.util.Properties;

/**
 * Settings for reading from Kafka.
 *
 * @param client properties for every Kafka client, the bootstrap servers among them; hold secrets
 * @param groupId consumer group for committed source offsets
 * @param trustProducerTime whether record times may be the producer's
 */
public record KafkaSettings(
    TopicNames topics, Properties client, String groupId, boolean trustProducerTime) {

  /** A copy: clients add to what they are given. */
  @Override
  public Properties client() {
    Properties copy = new Properties();
    copy.putAll(client);
    return copy;
  }

  /** Never prints the client properties: they may hold a password. */
  @Override
  public String toString() {
    return "KafkaSettings[" + topics + ", " + groupId + "]";
  }
}
