package io.turnstile.job.commit.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class KafkaJournalTest {

  private static Duration maxIdle(OptionalLong expirationMillis) {
    return KafkaJournal.maxIdle(CompletableFuture.completedFuture(expirationMillis));
  }

  @Test
  void laneMayBeIdleForHalfOfWhatTheBrokersSay() {
    assertThat(maxIdle(OptionalLong.of(2000))).isEqualTo(Duration.ofSeconds(1));
    assertThat(maxIdle(OptionalLong.of(Duration.ofDays(7).toMillis())))
        .isEqualTo(Duration.ofHours(84));
  }

  @Test
  void withoutAnAnswerItMayBeIdleForAnHour() {
    assertThat(maxIdle(OptionalLong.empty())).isEqualTo(Duration.ofHours(1));
    assertThat(KafkaJournal.maxIdle(new CompletableFuture<>())).isEqualTo(Duration.ofHours(1));
  }
}
