package io.turnstile.job.decide;

import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Customer;
import io.turnstile.events.Outcome;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.commit.checkpoint.CheckpointCommit;
import io.turnstile.job.enrich.WaitSettings;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.validate.DecisionInput;
import java.time.Duration;

/** The turnstile in commit mode <em>checkpoint</em>, ready for Flink's harness. */
public final class DecisionFixture {

  public static final int LANES = 8;

  /** Five seconds, and a minute where the topic cannot be read. */
  public static final WaitSettings WAITS =
      new WaitSettings(Duration.ofSeconds(5), Duration.ofMinutes(1));

  private DecisionFixture() {}

  public static OperatorUnderTest.Spec<DecisionInput, Reference<Customer>, Verdict> spec(
      DecisionSettings settings, ReferenceTopic<Customer> customers) {
    return spec(settings, customers, CheckpointCommit::new);
  }

  public static OperatorUnderTest.Spec<DecisionInput, Reference<Customer>, Verdict> spec(
      DecisionSettings settings,
      ReferenceTopic<Customer> customers,
      CommitStrategy.Factory commit) {
    return new OperatorUnderTest.Spec<>(
        new DecisionOperatorFactory(settings, customers, commit),
        DecisionInput.TYPE,
        decisionInput -> decisionInput.metadata().routingKey(),
        ReferenceKind.CUSTOMER.type(),
        Reference::key,
        Verdict.TYPE,
        LANES);
  }

  public static OperatorUnderTest.Spec<DecisionInput, Reference<Customer>, Verdict> spec(
      DedupSettings dedup) {
    return spec(
        new DecisionSettings(dedup, false, WAITS, Duration.ofHours(1), false),
        new FakeReferenceTopic<>());
  }

  /** Windows in milliseconds; a content window of 0 turns it off. */
  public static DedupSettings dedup(long window, long contentWindow, long maxOutage) {
    return new DedupSettings(
        Duration.ofMillis(window),
        contentWindow == 0 ? null : Duration.ofMillis(contentWindow),
        Duration.ofMillis(maxOutage));
  }

  /** {@code ACCEPTED}, or the reason or code. */
  public static String outcome(Verdict verdict) {
    if (verdict.outcome() == Outcome.REJECTED) {
      return VerdictCodec.decodeRejected(verdict.value()).reason().name();
    }
    return verdict.outcome() == Outcome.DEAD_LETTER
        ? verdict.errorCode()
        : verdict.outcome().name();
  }
}
