package io.turnstile.feeds;

import io.turnstile.events.TopicNames;
import java.time.Duration;
import java.util.Map;

/**
 * What the feeds of a runner share. Immutable.
 *
 * @param client Kafka client configuration
 * @param topics the deployment's
 * @param topicPrefix what the names of usual topics begin with
 * @param stateTopic where feeds are
 * @param instance name of this runner, under which it comes back; null for none
 * @param takeOver after how much silence of a runner another takes over
 * @param patience how long reading a topic may not get on
 */
record RunSettings(
    Map<String, Object> client,
    TopicNames topics,
    String topicPrefix,
    String stateTopic,
    String instance,
    Duration takeOver,
    Duration patience) {

  RunSettings {
    client = Map.copyOf(client);
  }
}
