package io.turnstile.job.commit.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class KafkaLaneTest {

  /** Many lanes ask a broker that is in trouble, and each for up to a minute. */
  @Test
  void coordinatorThatIsStuckIsAskedTwentyTimesASecondAtMost() {
    long questions = 0;
    long waited = 0;
    long pause = KafkaLane.MIN_VISIBLE_POLL_MILLIS;
    while (waited < TimeUnit.MINUTES.toMillis(1)) {
      questions++;
      waited += pause;
      pause = KafkaLane.nextPause(pause);
    }
    assertThat(questions).isBetween(60L, 20L * 60 + 5);
  }
}
