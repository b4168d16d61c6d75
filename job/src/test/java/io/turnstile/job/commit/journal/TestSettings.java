package io.turnstile.job.commit.journal;

import java.time.Duration;

/** Settings of a journal for tests: short intervals that the tests count on. */
final class TestSettings {

  static final JournalSettings DEFAULT = withMaxHeldBytes(1L << 20);

  private TestSettings() {}

  static JournalSettings withMaxHeldBytes(long maxHeldBytes) {
    return new JournalSettings(
        Duration.ofMillis(10), Duration.ofMillis(100), 200, maxHeldBytes, null);
  }

  static JournalSettings withGeneration(long generation) {
    return new JournalSettings(
        Duration.ofMillis(10), Duration.ofMillis(100), 200, 1L << 20, generation);
  }
}
