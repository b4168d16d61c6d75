package io.turnstile.job.commit.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.job.commit.journal.JournalException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

class KafkaLaneOwnershipTest {

  private static final Duration TRANSACTION_TIMEOUT = Duration.ofMinutes(1);
  private static final Duration YOUNG = KafkaLaneOwnership.OLD.minusMillis(1);
  private final JournalException fenced =
      new JournalException("fenced", new ProducerFencedException("by another"));

  /** How long each question was to be waited for. */
  private final List<Duration> asked = new ArrayList<>();

  private int epochsPerQuestion;

  private final KafkaLaneOwnership ownership =
      new KafkaLaneOwnership(this::describe, "lane 1: ", "id", TRANSACTION_TIMEOUT, Duration.ZERO);

  private TransactionDescription describe(Duration timeout) {
    asked.add(timeout);
    return new TransactionDescription(
        1,
        TransactionState.ONGOING,
        7,
        epochsPerQuestion * asked.size(),
        TRANSACTION_TIMEOUT.toMillis(),
        OptionalLong.empty(),
        Set.of());
  }

  /** Nothing may wait then but the restart. */
  @Test
  void ownerOfLongStandingFailsAtOnce() throws InterruptedException {
    epochsPerQuestion = 1;
    assertThat(ownership.diagnose(fenced, Optional.empty(), KafkaLaneOwnership.OLD))
        .isSameAs(fenced);
    assertThat(asked).isEmpty();
  }

  @Test
  void youngOwnerFindsOutWhetherAnotherJobGoesOn() throws InterruptedException {
    epochsPerQuestion = 1;
    assertThat(ownership.diagnose(fenced, Optional.empty(), YOUNG))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("another job writes to the same verdict topics")
        .hasMessageContaining("as producer 7 epoch 2");
    epochsPerQuestion = 0;
    assertThat(ownership.diagnose(fenced, Optional.empty(), YOUNG)).isSameAs(fenced);
    assertThat(asked).hasSize(4).containsOnly(KafkaLaneOwnership.ANSWER_TIMEOUT);
  }

  @Test
  void nothingIsAskedIfTheCauseIsKnown() throws InterruptedException {
    epochsPerQuestion = 1;
    JournalException refused = new JournalException.Refused("refused");
    JournalException slow = new JournalException("slow", new TimeoutException());
    for (JournalException known : List.of(refused, slow)) {
      assertThat(ownership.diagnose(known, Optional.empty(), YOUNG)).isSameAs(known);
    }
    assertThat(ownership.diagnose(fenced, Optional.of(TRANSACTION_TIMEOUT), YOUNG))
        .isSameAs(fenced);
    assertThat(asked).isEmpty();
  }

  /** At a checkpoint a broker may stall for longer than a diagnosis would wait. */
  @Test
  void coordinatorIsWaitedForAsLongAsTheCallerSays() {
    assertThatThrownBy(() -> ownership.awaitVisible(() -> "nothing is seen", Duration.ofMinutes(1)))
        .isInstanceOf(JournalException.class)
        .hasMessageContaining(
            "lane 1: nothing is seen, and the transaction is " + TransactionState.ONGOING);
    assertThat(asked).containsExactly(Duration.ofMinutes(1));
  }

  @Test
  void coordinatorIsNotAskedAboutWhatIsSeen() throws Exception {
    ownership.awaitVisible(() -> null, Duration.ofMinutes(1));
    assertThat(asked).isEmpty();
  }

  /** Many lanes ask a broker that is in trouble, and each for up to a minute. */
  @Test
  void coordinatorThatIsStuckIsAskedTwentyTimesASecondAtMost() {
    long questions = 0;
    long waited = 0;
    long pause = KafkaLaneOwnership.MIN_VISIBLE_POLL_MILLIS;
    while (waited < TimeUnit.MINUTES.toMillis(1)) {
      questions++;
      waited += pause;
      pause = KafkaLaneOwnership.nextPause(pause);
    }
    assertThat(questions).isBetween(60L, 20L * 60 + 5);
  }
}
