package io.turnstile.bench.result;

/**
 * A fault and how the engine came back.
 *
 * @param atS when the fault was inflicted
 * @param fault its name, as {@code kill-taskmanager}
 * @param firstVerdictAfterS from the fault to the first verdict committed for an input that was
 *     sent after it; null if there was none
 * @param caughtUpAfterS from the fault until the latency was back within the objective; null if it
 *     never was
 * @param endedAtS when the fault was lifted; null for what needs no lifting
 */
public record FaultResult(
    double atS, String fault, Double firstVerdictAfterS, Double caughtUpAfterS, Double endedAtS) {}
