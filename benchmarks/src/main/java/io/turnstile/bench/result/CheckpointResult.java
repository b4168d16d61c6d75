package io.turnstile.bench.result;

/**
 * A completed checkpoint.
 *
 * @param atS when it was triggered
 * @param durationMs from trigger to completion
 * @param sizeMb what had to be stored, in MiB: with incremental checkpoints the difference
 * @param fullSizeMb the whole state, in MiB
 */
public record CheckpointResult(double atS, double durationMs, Double sizeMb, Double fullSizeMb) {}
