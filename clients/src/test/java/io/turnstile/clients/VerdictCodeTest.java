package io.turnstile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class VerdictCodeTest {

  @Test
  void codeIsTheOutcomeTheReasonOrTheDeadLetterCode() {
    assertThat(VerdictCode.of(headers(Outcome.ACCEPTED), VerdictCodeTest::notNeeded))
        .isEqualTo("ACCEPTED");

    byte[] rejected =
        VerdictCodec.encode(new Rejected("t", "c", RejectionReason.ID_CONFLICT, "why", 1, 2));
    assertThat(VerdictCode.of(headers(Outcome.REJECTED), () -> rejected)).isEqualTo("ID_CONFLICT");

    Headers deadLetter = headers(Outcome.DEAD_LETTER);
    VerdictHeaders.add(deadLetter, VerdictHeaders.ERROR_CODE, DeadLetterCode.MALFORMED_JSON.name());
    assertThat(VerdictCode.of(deadLetter, VerdictCodeTest::notNeeded)).isEqualTo("MALFORMED_JSON");
  }

  @Test
  void recordWithoutHeadersIsNoVerdict() {
    assertThatThrownBy(() -> VerdictCode.of(new RecordHeaders(), VerdictCodeTest::notNeeded))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Headers headers(Outcome outcome) {
    Headers headers = new RecordHeaders();
    VerdictHeaders.write(headers, new SourcePosition("transactions", 1, 42), outcome);
    return headers;
  }

  private static byte[] notNeeded() {
    throw new AssertionError("the headers say it");
  }
}
