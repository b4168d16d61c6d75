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
 */
public record Rejected(
    String transactionId,
    String customerId,
    RejectionReason reason,
    String detail,
    long receivedAt,
    long decidedAt) {}
