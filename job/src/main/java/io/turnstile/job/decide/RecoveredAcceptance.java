package io.turnstile.job.decide;

import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictCodec;

/**
 * An acceptance that was committed before a restart and that the restored state does not hold.
 *
 * @param routingKey of the input: the key whose state it belongs to
 */
public record RecoveredAcceptance(String routingKey, Acceptance acceptance) {

  /**
   * Reads it from a committed verdict.
   *
   * @param source the input that was accepted
   * @param value of an accepted verdict, as {@link VerdictCodec} encodes it
   * @throws IllegalArgumentException if the value is no accepted verdict
   */
  public static RecoveredAcceptance of(SourcePosition source, byte[] value) {
    VerdictCodec.Acceptance accepted = VerdictCodec.decodeAcceptance(value);
    // An accepted payload could be read, and such inputs are routed by their customer.
    return new RecoveredAcceptance(
        accepted.customerId(),
        new Acceptance(
            accepted.transactionId(),
            accepted.contentHash(),
            source.partition(),
            source.offset(),
            accepted.receivedAt(),
            accepted.decidedAt()));
  }
}
