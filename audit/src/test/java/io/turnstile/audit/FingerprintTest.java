package io.turnstile.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Transaction;
import java.util.List;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class FingerprintTest {

  private static final Transaction TRANSACTION =
      new Transaction("t", "c", "p", 1, 2, "EUR", 3, "token");

  @Test
  void everyFieldCounts() {
    assertThat(
            List.of(
                Fingerprint.ofAccepted(0, 0, TRANSACTION, 0),
                Fingerprint.ofAccepted(0, 0, TRANSACTION, 1),
                Fingerprint.ofAccepted(1, 0, TRANSACTION, 0),
                Fingerprint.ofAccepted(0, 1, TRANSACTION, 0),
                Fingerprint.ofAccepted(0, 0, new Transaction("u", "c", "p", 1, 2, "EUR", 3, ""), 0),
                Fingerprint.ofAccepted(0, 0, new Transaction("t", "d", "p", 1, 2, "EUR", 3, ""), 0),
                Fingerprint.ofAccepted(0, 0, new Transaction("t", "c", "q", 1, 2, "EUR", 3, ""), 0),
                Fingerprint.ofAccepted(0, 0, new Transaction("t", "c", "p", 2, 2, "EUR", 3, ""), 0),
                Fingerprint.ofAccepted(0, 0, new Transaction("t", "c", "p", 1, 1, "EUR", 3, ""), 0),
                Fingerprint.ofAccepted(0, 0, new Transaction("t", "c", "p", 1, 2, "GBP", 3, ""), 0),
                Fingerprint.ofAccepted(0, 0, new Transaction("t", "c", "p", 1, 2, "EUR", 4, ""), 0),
                Fingerprint.ofRejected(0, 0, "t", "c")))
        .doesNotHaveDuplicates();
  }

  @Test
  void theTokenDoesNot() {
    assertThat(Fingerprint.ofAccepted(0, 0, TRANSACTION.withToken("other"), 0))
        .isEqualTo(Fingerprint.ofAccepted(0, 0, TRANSACTION, 0));
  }

  @Test
  void aTextHasBorders() {
    assertThat(Fingerprint.ofText(1, "ab", "c")).isNotEqualTo(Fingerprint.ofText(1, "a", "bc"));
    assertThat(Fingerprint.ofText(1, "ab")).isNotEqualTo(Fingerprint.ofText(2, "ab"));
  }

  @Test
  void unpairedSurrogatesDiffer() {
    assertThat(
            List.of(
                Fingerprint.ofText(1, "\uD800"),
                Fingerprint.ofText(1, "\uD801"),
                Fingerprint.ofText(1, "\uDC00"),
                Fingerprint.ofText(1, "?")))
        .doesNotHaveDuplicates();
  }

  @Test
  void nullIsNotEmpty() {
    DeadLetterCode code = DeadLetterCode.MALFORMED_JSON;
    byte[] empty = new byte[0];
    Headers none = new RecordHeaders();
    assertThat(
            List.of(
                Fingerprint.ofDeadLetter(0, null, null, new RecordHeaders().add("", null), code),
                Fingerprint.ofDeadLetter(0, null, null, new RecordHeaders().add("", empty), code),
                Fingerprint.ofDeadLetter(0, null, empty, none, code),
                Fingerprint.ofDeadLetter(0, empty, null, none, code),
                Fingerprint.ofDeadLetter(0, empty, empty, none, code),
                Fingerprint.ofDeadLetter(0, null, null, none, code)))
        .doesNotHaveDuplicates();
  }

  @Test
  void aLongFieldCountsToItsEnd() {
    String text = "x".repeat(100_000);
    assertThat(Fingerprint.ofText(1, text, text)).isEqualTo(Fingerprint.ofText(1, text, text));
    assertThat(Fingerprint.ofText(1, text, text + "y"))
        .isNotEqualTo(Fingerprint.ofText(1, text, text + "z"));
  }
}
