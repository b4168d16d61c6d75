package io.turnstile.feeds;

import io.turnstile.clients.KafkaOptions;
import io.turnstile.feeds.publish.StateTopic;
import java.io.IOException;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Kafka, and the topic of states. */
final class StateTopicOption {

  @Mixin private KafkaOptions kafka;

  @Mixin private FeedsTopicOption topic;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "1m",
      description =
          "How long Kafka may not answer, or a transaction of others hold up reading"
              + " (default: ${DEFAULT-VALUE}).")
  private Duration timeout;

  KafkaOptions kafka() {
    return kafka;
  }

  Duration timeout() {
    return timeout;
  }

  String name() {
    return topic.name(kafka);
  }

  /** The topic, for a command. */
  StateTopic topic() throws IOException {
    return new StateTopic(kafka.client(timeout), name(), timeout);
  }
}
