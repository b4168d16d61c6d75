package io.turnstile.job.decide;

import io.turnstile.decision.dedup.DedupPolicy;
import io.turnstile.decision.dedup.DedupStore;
import io.turnstile.events.Accepted;
import io.turnstile.events.Customer;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.validate.DecisionInput;
import java.nio.charset.StandardCharsets;

/**
 * Makes the verdict of an input, counts it, and remembers an acceptance. Not thread-safe.
 *
 * <p>The order of reasons: what {@link io.turnstile.job.validate} and {@link
 * io.turnstile.job.enrich} have found, then an unknown customer, then a named reference of the
 * customer that is missing, then what {@link DedupPolicy} finds.
 */
final class VerdictFactory {

  private final DecisionSettings settings;
  private final DedupPolicy dedup;
  private final VerdictMetrics metrics;

  VerdictFactory(DecisionSettings settings, VerdictMetrics metrics) {
    this.settings = settings;
    this.dedup = new DedupPolicy(settings.dedup());
    this.metrics = metrics;
  }

  /**
   * Decides.
   *
   * @param lane of the input
   * @param customer null if unknown
   * @param store of the input's routing key
   * @param decidedAt epoch milliseconds
   */
  Verdict verdict(
      int lane, DecisionInput input, Customer customer, DedupStore store, long decidedAt)
      throws Exception {
    if (input instanceof DecisionInput.Enriched enriched) {
      return decided(lane, enriched, customer, store, decidedAt);
    }
    if (input instanceof DecisionInput.Refused refused) {
      return rejected(
          lane,
          input.metadata(),
          refused.transactionId(),
          refused.customerId(),
          refused.reason(),
          refused.detail(),
          decidedAt,
          null);
    }
    return deadLetter(lane, (DecisionInput.Unreadable) input, decidedAt);
  }

  /**
   * Rejects a transaction whose customer is required and could not be looked for.
   *
   * @param decidedAt epoch milliseconds
   */
  Verdict customersUnavailable(int lane, DecisionInput input, long decidedAt) {
    return refused(
        lane,
        (DecisionInput.Enriched) input,
        RejectionReason.REFERENCE_UNAVAILABLE,
        "the customers could not be read for "
            + settings.customerWait().maxWait().toMillis()
            + " ms",
        decidedAt);
  }

  /**
   * Rejects a transaction that lacks what is required.
   *
   * @param decidedAt epoch milliseconds
   */
  Verdict refused(
      int lane,
      DecisionInput.Enriched input,
      RejectionReason reason,
      String detail,
      long decidedAt) {
    Transaction transaction = input.transaction();
    return rejected(
        lane,
        input.metadata(),
        transaction.transactionId(),
        transaction.customerId(),
        reason,
        detail,
        decidedAt,
        null);
  }

  private Verdict decided(
      int lane,
      DecisionInput.Enriched enriched,
      Customer customer,
      DedupStore store,
      long decidedAt)
      throws Exception {
    InputMetadata metadata = enriched.metadata();
    String id = enriched.transaction().transactionId();
    String customerId = enriched.transaction().customerId();
    if (customer == null && settings.customersRequired()) {
      return rejected(
          lane,
          metadata,
          id,
          customerId,
          RejectionReason.UNKNOWN_CUSTOMER,
          "no customer after waiting " + settings.customerWait().minWait().toMillis() + " ms",
          decidedAt,
          null);
    }
    DedupPolicy.Decision decision =
        dedup.decide(
            enriched.transaction(), metadata.position(), metadata.receivedAt(), store, decidedAt);
    if (decision instanceof DedupPolicy.Decision.Reject reject) {
      return rejected(
          lane,
          metadata,
          id,
          customerId,
          reject.reason(),
          reject.detail(),
          decidedAt,
          reject.acceptance());
    }
    DedupPolicy.Decision.Accept accept = (DedupPolicy.Decision.Accept) decision;
    metrics.accepted(lane, decidedAt - metadata.receivedAt());
    return verdict(
        lane,
        metadata,
        Outcome.ACCEPTED,
        customerId,
        VerdictCodec.encode(
            new Accepted(
                enriched.transaction(),
                enriched.product(),
                customer,
                accept.contentHash(),
                metadata.receivedAt(),
                decidedAt,
                enriched.additions())));
  }

  private Verdict rejected(
      int lane,
      InputMetadata metadata,
      String transactionId,
      String customerId,
      RejectionReason reason,
      String detail,
      long decidedAt,
      PriorAcceptance acceptance) {
    metrics.rejected(reason, lane, decidedAt - metadata.receivedAt());
    return verdict(
        lane,
        metadata,
        Outcome.REJECTED,
        customerId,
        VerdictCodec.encode(
            new Rejected(
                transactionId,
                customerId,
                reason,
                detail,
                metadata.receivedAt(),
                decidedAt,
                acceptance)));
  }

  private static Verdict verdict(
      int lane, InputMetadata metadata, Outcome outcome, String customerId, byte[] value) {
    return new Verdict(
        lane,
        metadata.position(),
        outcome,
        metadata.receivedAt(),
        customerId.getBytes(StandardCharsets.UTF_8),
        value,
        null,
        null);
  }

  private Verdict deadLetter(int lane, DecisionInput.Unreadable unreadable, long decidedAt) {
    InputMetadata metadata = unreadable.metadata();
    DeadLetterCode code = unreadable.code();
    metrics.deadLettered(code, lane, decidedAt - metadata.receivedAt());
    return new Verdict(
        lane,
        metadata.position(),
        Outcome.DEAD_LETTER,
        metadata.receivedAt(),
        unreadable.key(),
        unreadable.value(),
        unreadable.headers(),
        code.name(),
        unreadable.message());
  }
}
