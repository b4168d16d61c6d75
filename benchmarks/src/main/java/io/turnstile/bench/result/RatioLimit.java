package io.turnstile.bench.result;

/**
 * What a figure of one engine has to be of the same figure of another. Each is the median over the
 * engine's repeats: engines take turns, so that what slows one down slows down the other.
 *
 * @param figure its key, as {@code committed_p50_ms}
 * @param of the engine
 * @param to the other engine
 * @param atMost the highest ratio; null for any
 * @param atLeast the lowest; null for any
 * @param goal whether it is wished for, not promised
 */
public record RatioLimit(
    String figure, String of, String to, Double atMost, Double atLeast, boolean goal) {}
