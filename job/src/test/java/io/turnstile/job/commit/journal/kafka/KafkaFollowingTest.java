package io.turnstile.job.commit.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.TopicNames;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class KafkaFollowingTest {

  /** A JVM registers each once, and quotas count by it. */
  @Test
  void subtasksAndJobsHaveClientIdsOfTheirOwn() {
    KafkaJournalSettings job = KafkaTestSettings.of(new Properties(), TopicNames.DEFAULT);
    KafkaJournalSettings other =
        KafkaTestSettings.of(new Properties(), TopicNames.withPrefix("other."));
    assertThat(KafkaFollowing.clientId(job, 0))
        .isNotEqualTo(KafkaFollowing.clientId(job, 4))
        .isNotEqualTo(KafkaFollowing.clientId(other, 0));
  }
}
