package io.turnstile.job.turnstile;

import io.turnstile.events.Customer;
import io.turnstile.events.Outcome;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.reference.Reference;
import io.turnstile.job.reference.ReferenceKind;
import io.turnstile.job.reference.ReferenceTopic;
import io.turnstile.job.stream.Submission;
import io.turnstile.job.stream.Verdict;
import java.time.Duration;

/** The turnstile in commit mode <em>checkpoint</em>, ready for Flink's harness. */
final class TurnstileFixture {

  static final int LANES = 8;

  private TurnstileFixture() {}

  static OperatorUnderTest.Spec<Submission, Reference<Customer>, Verdict> spec(
      TurnstileSettings settings, ReferenceTopic<Customer> customers) {
    return new OperatorUnderTest.Spec<>(
        TurnstileOperator.Factory.committingWithCheckpoints(settings, customers),
        Submission.TYPE,
        submission -> submission.arrival().routingKey(),
        ReferenceKind.CUSTOMER.type(),
        Reference::key,
        Verdict.TYPE,
        LANES);
  }

  static OperatorUnderTest.Spec<Submission, Reference<Customer>, Verdict> spec(
      DedupSettings dedup) {
    return spec(
        new TurnstileSettings(dedup, false, Duration.ofSeconds(5), Duration.ofHours(1), false),
        new FakeReferenceTopic<>());
  }

  /** Windows in milliseconds; a content window of 0 turns it off. */
  static DedupSettings dedup(long window, long contentWindow, long maxOutage) {
    return new DedupSettings(
        Duration.ofMillis(window),
        contentWindow == 0 ? null : Duration.ofMillis(contentWindow),
        Duration.ofMillis(maxOutage));
  }

  /** {@code ACCEPTED}, or the reason or code. */
  static String outcome(Verdict verdict) {
    if (verdict.outcome() == Outcome.REJECTED) {
      return VerdictCodec.decodeRejected(verdict.value()).reason().name();
    }
    return verdict.outcome() == Outcome.DEAD_LETTER
        ? verdict.errorCode()
        : verdict.outcome().name();
  }
}
