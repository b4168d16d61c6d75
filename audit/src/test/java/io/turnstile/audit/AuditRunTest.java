package io.turnstile.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.audit.History.Input;
import io.turnstile.audit.History.Written;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.RejectionReason;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AuditRunTest {

  private final History history = new History(true);

  private AuditReport audit(MemoryLog log) {
    return new AuditRun(
            AuditConfig.builder("unused:1").waitFor(Duration.ofMillis(50)).build(), log, null)
        .run();
  }

  @Test
  void aCorrectHistoryPasses() {
    for (int i = 0; i < 3000; i++) {
      Input input = history.send(History.transaction("t-" + i, "c-" + i % 17, i));
      if (i % 5 == 0) {
        history.reject(input, RejectionReason.TOKEN_EXPIRED);
      } else {
        history.accept(input);
      }
      if (i % 100 == 0) {
        history.deadLetter(history.sendMalformed("k", "{"), DeadLetterCode.MALFORMED_JSON);
      }
    }
    AuditReport report = audit(history.log());
    assertThat(report.violations()).isEmpty();
    assertThat(report.passed()).isTrue();
    assertThat(report.inputs()).isEqualTo(3030);
    assertThat(report.verdicts()).isEqualTo(3030);
    assertThat(report.accepted()).isEqualTo(2400);
    assertThat(report.rejected()).isEqualTo(Map.of(RejectionReason.TOKEN_EXPIRED, 600L));
    assertThat(report.deadLettered()).isEqualTo(Map.of(DeadLetterCode.MALFORMED_JSON, 30L));
    assertThat(report.acceptedAmount()).containsEntry("EUR", BigInteger.valueOf(3_600_000));
  }

  @Test
  void aRemovedVerdictIsMissing() {
    Input first = history.send(History.transaction("t-1", "c-1", 5));
    Input second = history.send(History.transaction("t-2", "c-1", 5));
    Written removed = history.accept(first);
    history.accept(second);
    history.verdicts.remove(removed);
    AuditReport report = audit(history.log());
    assertThat(report.missing()).isOne();
    assertThat(report.violations().get(0).source()).isEqualTo(first.position());
    assertThat(report.passed()).isFalse();
  }
}
