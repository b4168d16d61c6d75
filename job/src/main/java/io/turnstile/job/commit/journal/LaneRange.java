package io.turnstile.job.commit.journal;

/**
 * The part of a lane that a new owner has to read.
 *
 * @param from where it begins
 * @param end where it ends, and the next verdict follows
 */
public record LaneRange(LanePosition from, LanePosition end) {}
