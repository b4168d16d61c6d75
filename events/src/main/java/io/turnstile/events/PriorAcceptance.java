package io.turnstile.events;

/**
 * The acceptance that a duplicate repeats: enough to answer a client once more as it was answered
 * then.
 *
 * @param sourcePartition the partition of the accepted input, in the topic of the duplicate's input
 * @param sourceOffset the offset of the accepted input
 * @param receivedAt the {@code received_at} of its verdict, epoch milliseconds
 * @param decidedAt the {@code decided_at} of its verdict, epoch milliseconds
 */
public record PriorAcceptance(
    int sourcePartition, long sourceOffset, long receivedAt, long decidedAt) {}
