package io.turnstile.events;

/**
 * The value of a rejected verdict.
 *
 * @param transactionId the input's
 * @param customerId the input's
 * @param reason why
 * @param detail one line for a person; never holds the token
 * @param receivedAt the broker's append time of the input, epoch milliseconds
 * @param decidedAt the job's clock at the decision, epoch milliseconds
 * @param acceptance the acceptance that the input repeats: of {@link RejectionReason#DUPLICATE_ID}
 *     only; null in verdicts of builds that did not name it yet, and for every other reason
 */
public record Rejected(
    String transactionId,
    String customerId,
    RejectionReason reason,
    String detail,
    long receivedAt,
    long decidedAt,
    PriorAcceptance acceptance) {

  /**
   * Checks that only a duplicate repeats an acceptance.
   *
   * @throws IllegalArgumentException if it does not hold
   */
  public Rejected {
    if (acceptance != null && reason != RejectionReason.DUPLICATE_ID) {
      throw new IllegalArgumentException(reason + " repeats no acceptance");
    }
  }

  /** A rejection that names no acceptance. */
  public Rejected(
      String transactionId,
      String customerId,
      RejectionReason reason,
      String detail,
      long receivedAt,
      long decidedAt) {
    this(transactionId, customerId, reason, detail, receivedAt, decidedAt, null);
  }
}
