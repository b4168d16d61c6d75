package io.turnstile.decision.dedup;

import io.turnstile.events.ContentHash;

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
