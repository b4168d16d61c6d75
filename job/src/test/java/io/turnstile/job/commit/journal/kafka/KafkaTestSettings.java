package io.turnstile.job.commit.journal.kafka;

import io.turnstile.events.TopicNames;
import java.time.Duration;
import java.util.Properties;

/** Settings of a journal in Kafka for tests. */
public final class KafkaTestSettings {

  private static final Duration MINUTE = Duration.ofMinutes(1);

  private KafkaTestSettings() {}

  static KafkaJournalSettings of(Properties client, TopicNames topics) {
    return new KafkaJournalSettings(client, topics, MINUTE, MINUTE, null);
  }

  public static KafkaJournalSettings withTimeouts(
      KafkaJournalSettings settings, Duration transaction, Duration takeOver) {
    return new KafkaJournalSettings(
        settings.client(), settings.topics(), transaction, takeOver, settings.startOffsets());
  }
}
