package io.turnstile.simulator;

/**
 * Where a run stands.
 *
 * @param referenceRecords inventory and customer records handed to the producer
 * @param acknowledged transactions that are in the topic
 * @param failures records of any topic that could not be sent
 * @param behindNanos how much later than intended the latest transaction was handed to the producer
 */
public record SimulationProgress(
    long referenceRecords, long acknowledged, long failures, long behindNanos) {}
