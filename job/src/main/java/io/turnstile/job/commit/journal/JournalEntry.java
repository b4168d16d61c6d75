package io.turnstile.job.commit.journal;

import io.turnstile.events.SourcePosition;
import io.turnstile.job.decide.RecoveredAcceptance;
import java.util.OptionalLong;

/**
 * A committed verdict as it is read back.
 *
 * @param place where the store keeps it, for messages
 * @param laneSeq its number in the lane; empty if its writer gave it none
 * @param source the input that it is the verdict of
 * @param acceptance null unless it accepts
 */
public record JournalEntry(
    String place, OptionalLong laneSeq, SourcePosition source, RecoveredAcceptance acceptance) {}
