package io.turnstile.job.commit.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.job.commit.journal.JournalException;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTxnTimeoutException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.junit.jupiter.api.Test;

class KafkaFailuresTest {

  @Test
  void whatIsForbiddenIsNotTriedAgain() {
    for (KafkaException forbidden :
        List.of(
            new TransactionalIdAuthorizationException("Transactional Id authorization failed."),
            new TopicAuthorizationException("Not authorized to access topics"))) {
      assertThat(KafkaFailures.explain("lane 3: taking over", forbidden))
          .isInstanceOf(JournalException.Refused.class)
          .hasMessageContaining("lane 3: taking over failed")
          .hasMessageContaining(forbidden.getMessage())
          .hasMessageContaining("allow the job's principal");
    }
  }

  @Test
  void causeCountsThatLiesDeeper() {
    assertThat(
            KafkaFailures.explain(
                "writing", new KafkaException("in an error state", new RecordTooLargeException())))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("max.message.bytes");
    assertThat(KafkaFailures.explain("taking over", new InvalidTxnTimeoutException("too long")))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("--transaction-timeout");
  }

  @Test
  void whatPassesIsTriedAgain() {
    assertThat(KafkaFailures.explain("committing", new TimeoutException("no answer\nat all")))
        .isNotInstanceOf(JournalException.Refused.class)
        .hasMessage(
            "committing failed: TimeoutException (no answer); the job goes back to its last"
                + " checkpoint");
  }

  @Test
  void brokersThatLackFixesAreRefused() {
    assertThatThrownBy(() -> KafkaJournal.requireFeatures("b:9092", 1, 30))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("transaction.version=1")
        .hasMessageContaining("--commit checkpoint");
    assertThatThrownBy(() -> KafkaJournal.requireFeatures("b:9092", 2, 29))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("b:9092")
        .hasMessageContaining("4.3.1")
        .hasMessageContaining("--commit checkpoint");
    assertThatCode(() -> KafkaJournal.requireFeatures("b:9092", 2, 30)).doesNotThrowAnyException();
  }
}
