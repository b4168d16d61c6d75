package io.turnstile.job.commit.journal;

/**
 * What a lane holds.
 *
 * @param begin where the oldest verdict that is still there may stand
 * @param end where the next verdict will stand
 */
public record LaneRange(LaneOffsets begin, LaneOffsets end) {}
