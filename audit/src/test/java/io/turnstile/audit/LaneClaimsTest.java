package io.turnstile.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class LaneClaimsTest {

  private static final long WINDOW = 1_000;
  private static final long ACCEPTED_AT = 5_000;

  private final LaneClaims claims = new LaneClaims(WINDOW);

  private void duplicate(long offset, long receivedAt) {
    claims.duplicate(
        new SourcePosition("transactions", 0, offset),
        new ConsumerRecord<>("verdicts.rejected", 0, offset, new byte[0], new byte[0]),
        new ReadVerdict(
            OutcomeCode.of(RejectionReason.DUPLICATE_ID),
            History.transaction("t-1", "c-1", 1),
            receivedAt,
            9_000,
            new PriorAcceptance(0, 0, ACCEPTED_AT, 9_000),
            0,
            null,
            null));
  }

  /** The brokers give all inputs of a batch one time: a flood of repetitions must cost nothing. */
  @Test
  void onlyDuplicatesReceivedBeforeWhatTheyNameAreHeld() {
    for (int i = 1; i <= 100; i++) {
      duplicate(i, ACCEPTED_AT);
    }
    duplicate(101, ACCEPTED_AT + 1);
    assertThat(claims.held()).isZero();
    duplicate(102, ACCEPTED_AT - 1);
    assertThat(claims.held()).isOne();
    assertThat(claims.unconfirmed()).isTrue();
  }
}
