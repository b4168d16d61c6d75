package io.turnstile.job.commit.journal;

import io.turnstile.events.TopicNames;
import java.time.Duration;
import java.util.Properties;

/** The default settings but for what a test is about. */
final class TestSettings {

  static final JournalSettings DEFAULT = JournalSettings.of(new Properties(), TopicNames.DEFAULT);

  private TestSettings() {}

  static JournalSettings withTimeouts(
      JournalSettings settings, Duration transaction, Duration takeOver) {
    return new JournalSettings(
        settings.client(),
        settings.topics(),
        settings.commitInterval(),
        settings.maxCommitInterval(),
        settings.commitsPerSecond(),
        settings.maxHeldBytes(),
        transaction,
        takeOver,
        settings.startOffsets());
  }

  static JournalSettings withMaxHeldBytes(long maxHeldBytes) {
    return new JournalSettings(
        DEFAULT.client(),
        DEFAULT.topics(),
        DEFAULT.commitInterval(),
        DEFAULT.maxCommitInterval(),
        DEFAULT.commitsPerSecond(),
        maxHeldBytes,
        DEFAULT.transactionTimeout(),
        DEFAULT.takeOverTimeout(),
        null);
  }

  static JournalSettings withStartOffsets(StartOffsets startOffsets) {
    return new JournalSettings(
        DEFAULT.client(),
        DEFAULT.topics(),
        DEFAULT.commitInterval(),
        DEFAULT.maxCommitInterval(),
        DEFAULT.commitsPerSecond(),
        DEFAULT.maxHeldBytes(),
        DEFAULT.transactionTimeout(),
        DEFAULT.takeOverTimeout(),
        startOffsets);
  }
}
