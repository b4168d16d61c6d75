package io.turnstile.events;

/**
 * The value of an accepted verdict.
 *
 * @param transaction what was accepted; its token is not written
 * @param product the version of the product that was current at the decision
 * @param customer the version of the customer that was current at the decision, null if unknown
 * @param contentHash see {@link ContentHash}
 * @param receivedAt the broker's append time of the input, epoch milliseconds
 * @param decidedAt the job's clock at the decision, epoch milliseconds
 * @param additions what the job was told to add
 */
public record Accepted(
    Transaction transaction,
    Product product,
    Customer customer,
    ContentHash contentHash,
    long receivedAt,
    long decidedAt,
    Additions additions) {

  /** One without additions. */
  public Accepted(
      Transaction transaction,
      Product product,
      Customer customer,
      ContentHash contentHash,
      long receivedAt,
      long decidedAt) {
    this(transaction, product, customer, contentHash, receivedAt, decidedAt, Additions.NONE);
  }
}
