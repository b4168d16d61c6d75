package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class VerdictSeenTest {

  private static final SourcePosition POSITION = new SourcePosition("transactions", 1, 42);

  @Test
  void codeIsTheOutcomeTheReasonOrTheDeadLetterCode() {
    assertThat(VerdictSeen.of(verdict(Outcome.ACCEPTED, new byte[0])))
        .isEqualTo(new VerdictSeen(POSITION, Outcome.ACCEPTED, "ACCEPTED"));

    byte[] rejected =
        VerdictCodec.encode(new Rejected("t", "c", RejectionReason.ID_CONFLICT, "why", 1, 2));
    assertThat(VerdictSeen.of(verdict(Outcome.REJECTED, rejected)).code()).isEqualTo("ID_CONFLICT");

    ConsumerRecord<byte[], byte[]> deadLetter = verdict(Outcome.DEAD_LETTER, null);
    VerdictHeaders.add(
        deadLetter.headers(), VerdictHeaders.ERROR_CODE, DeadLetterCode.MALFORMED_JSON.name());
    assertThat(VerdictSeen.of(deadLetter).code()).isEqualTo("MALFORMED_JSON");
  }

  @Test
  void recordWithoutHeadersIsNoVerdict() {
    assertThatThrownBy(
            () -> VerdictSeen.of(new ConsumerRecord<>("verdicts.accepted", 0, 0, null, null)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static ConsumerRecord<byte[], byte[]> verdict(Outcome outcome, byte[] value) {
    ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("verdicts", 0, 0, null, value);
    VerdictHeaders.write(record.headers(), POSITION, outcome);
    return record;
  }
}
