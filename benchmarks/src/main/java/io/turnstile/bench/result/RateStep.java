package io.turnstile.bench.result;

/**
 * One step of the search for the highest rate that holds the latency objective.
 *
 * @param p99Ms committed latency at that rate
 * @param held whether the objective was held
 */
public record RateStep(double offeredPerS, double p99Ms, boolean held) {}
