package io.turnstile.job.commit.journal;

import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.events.SourcePosition;
import java.util.OptionalLong;

/**
 * A committed verdict as it is read back.
 *
 * @param place where it stands, for messages
 * @param laneSeq its number in the lane; empty if whoever wrote it gave it none
 * @param source the input that it is the verdict of
 * @param recollection null unless it accepts
 */
public record JournalEntry(
    String place, OptionalLong laneSeq, SourcePosition source, Recollection recollection) {

  /**
   * An acceptance to put back into state.
   *
   * @param routingKey of the input
   */
  public record Recollection(String routingKey, Acceptance acceptance) {}
}
