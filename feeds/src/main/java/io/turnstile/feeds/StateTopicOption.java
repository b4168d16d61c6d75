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

  @Option(
      names = "--topic-feeds",
      paramLabel = "NAME",
      description = "Where feeds are. Default: turnstile.feeds, behind the prefix.")
  private String topicFeeds;

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
    return topicFeeds == null ? kafka.topicPrefix() + "turnstile.feeds" : topicFeeds;
  }

  /** The topic, for a command. */
  StateTopic topic() throws IOException {
    return new StateTopic(kafka.client(timeout), name(), timeout);
  }
}
