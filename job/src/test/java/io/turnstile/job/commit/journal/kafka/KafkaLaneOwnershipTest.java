package io.turnstile.job.commit.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.job.commit.journal.JournalException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
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
  void stateIsWaitedForAsLongAsTheCallerSays() throws Exception {
    assertThat(ownership.transactionState(Duration.ofMinutes(1)))
        .isEqualTo(TransactionState.ONGOING);
    assertThat(asked).containsExactly(Duration.ofMinutes(1));
  }
}
