package io.turnstile.simulator;

/**
 * The progress of a run.
 *
 * @param referenceRecords inventory and customer records handed to the producer
 * @param acknowledged transactions that are in the topic
 * @param failures records of any topic that could not be sent
 * @param behindNanos nanoseconds by which the latest transaction was handed to the producer too
 *     late
 */
public record SimulationProgress(
    long referenceRecords, long acknowledged, long failures, long behindNanos) {}
