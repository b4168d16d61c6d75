package io.turnstile.bench.result;

/**
 * The load that was sent.
 *
 * @param offeredPerS the intended rate; where it changes, its mean; null where all is sent as fast
 *     as possible
 * @param sent records acknowledged by the broker, warm-up included
 */
public record Load(Double offeredPerS, long sent, double warmupS, double measuredS) {}
