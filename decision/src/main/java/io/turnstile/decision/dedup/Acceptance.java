package io.turnstile.decision.dedup;

import io.turnstile.events.ContentHash;
import io.turnstile.events.PriorAcceptance;
import java.util.Comparator;

/**
 * That one input of a customer was accepted: what dedup remembers. In state, what is the key is not
 * stored again, and null: the id or the hash.
 *
 * @param partition of the input in the transactions topic
 * @param offset of the input in it
 * @param receivedAt the broker's append time of the input, epoch milliseconds
 * @param decidedAt the job's clock at the decision, epoch milliseconds; forgetting counts from it
 */
public record Acceptance(
    String transactionId,
    ContentHash contentHash,
    int partition,
    long offset,
    long receivedAt,
    long decidedAt) {

  private static final Comparator<Acceptance> ORDER =
      Comparator.comparingLong(Acceptance::receivedAt)
          .thenComparingInt(Acceptance::partition)
          .thenComparingLong(Acceptance::offset);

  /**
   * The one of two whose input came first: by append time, partition and offset. It depends on what
   * was accepted alone, not on the order in which a store gives it.
   *
   * @param other may be null
   */
  Acceptance orEarlier(Acceptance other) {
    return other == null || ORDER.compare(this, other) <= 0 ? this : other;
  }

  /** What a verdict says of it. */
  PriorAcceptance asPrior() {
    return new PriorAcceptance(partition, offset, receivedAt, decidedAt);
  }

  public boolean isOfInput(int otherPartition, long otherOffset) {
    return partition == otherPartition && offset == otherOffset;
  }

  public Acceptance withTransactionId(String id) {
    return new Acceptance(id, contentHash, partition, offset, receivedAt, decidedAt);
  }

  public Acceptance withContentHash(ContentHash hash) {
    return new Acceptance(transactionId, hash, partition, offset, receivedAt, decidedAt);
  }
}
