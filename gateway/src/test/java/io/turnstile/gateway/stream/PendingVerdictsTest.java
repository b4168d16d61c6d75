package io.turnstile.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.Outcome;
import io.turnstile.gateway.FakeTopics;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PendingVerdictsTest {

  private final PendingVerdicts pending = new PendingVerdicts();

  private static CommittedVerdict verdict(String customerId, long offset) {
    return FakeTopics.verdict(offset, Outcome.ACCEPTED, customerId, new byte[0]);
  }

  @Test
  void verdictGoesToWhoeverHasItsPosition() {
    CommittedVerdict first = verdict("c-1", 1);
    CommittedVerdict second = verdict("c-1", 2);
    CompletableFuture<CommittedVerdict> one = pending.sending("c-1").sent(first.input());
    CompletableFuture<CommittedVerdict> two = pending.sending("c-1").sent(second.input());
    pending.verdict(second);
    assertThat(one).isNotDone();
    assertThat(two).isCompletedWithValue(second);
    pending.verdict(first);
    assertThat(one).isCompletedWithValue(first);
    assertThat(pending.waiting()).isZero();
  }

  @Test
  void verdictThatComesBeforeItsPositionIsKept() {
    CommittedVerdict verdict = verdict("c-1", 1);
    PendingVerdicts.Ticket ticket = pending.sending("c-1");
    PendingVerdicts.Ticket other = pending.sending("c-1");
    pending.verdict(verdict);
    other.failed();
    assertThat(ticket.sent(verdict.input())).isCompletedWithValue(verdict);
    assertThat(pending.early()).isZero();
  }

  @Test
  void onlyVerdictsOfCustomersThatSendAreKept() {
    PendingVerdicts.Ticket ticket = pending.sending("c-1");
    pending.verdict(verdict("c-2", 1));
    assertThat(pending.early()).isZero();
    pending.verdict(verdict("c-1", 2));
    pending.verdict(verdict("c-1", 3));
    assertThat(pending.early()).isEqualTo(2);
    ticket.failed();
    assertThat(pending.early()).isZero();
    pending.verdict(verdict("c-1", 4));
    assertThat(pending.early()).isZero();
  }

  @Test
  void whatIsKeptIsBounded() {
    PendingVerdicts.Ticket ticket = pending.sending("c-1");
    for (int offset = 0; offset <= PendingVerdicts.MAX_EARLY; offset++) {
      pending.verdict(verdict("c-1", offset));
    }
    assertThat(pending.early()).isEqualTo(PendingVerdicts.MAX_EARLY);
    CommittedVerdict late = verdict("c-1", PendingVerdicts.MAX_EARLY);
    assertThat(ticket.sent(late.input())).isNotDone();
    assertThat(pending.early()).isZero();
  }

  @Test
  void whatIsForgottenIsNotWaitedFor() {
    CommittedVerdict verdict = verdict("c-1", 1);
    CompletableFuture<CommittedVerdict> one = pending.sending("c-1").sent(verdict.input());
    pending.forget(verdict.input());
    pending.verdict(verdict);
    assertThat(one).isNotDone();
    assertThat(pending.waiting()).isZero();
  }
}
