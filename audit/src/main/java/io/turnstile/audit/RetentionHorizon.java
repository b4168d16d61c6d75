package io.turnstile.audit;

import io.turnstile.events.Outcome;

/**
 * The time up to which retention may have deleted verdicts.
 *
 * <p>A partition of a verdict topic whose log no longer starts at offset 0 has lost verdicts that
 * were appended no later than the first one left, and a verdict is appended after its input. So an
 * input without verdict, appended no later than the first verdict left in such a partition, may
 * have had one there. A well-formed input's verdict can only have been in the accepted or rejected
 * topic, a malformed one's only in the dead-letter topic. Thread-safe.
 */
final class RetentionHorizon {

  private long wellFormed = Long.MIN_VALUE;
  private long malformed = Long.MIN_VALUE;

  /**
   * Notes a partition from which verdicts were deleted.
   *
   * @param firstLeft the append time of the first verdict left, or the time at which there was none
   */
  synchronized void deletedFrom(Outcome topic, long firstLeft) {
    if (topic == Outcome.DEAD_LETTER) {
      malformed = Math.max(malformed, firstLeft);
    } else {
      wellFormed = Math.max(wellFormed, firstLeft);
    }
  }

  /** True if the verdict about an input, appended at this time, may have been deleted. */
  synchronized boolean mayHaveDeleted(boolean inputIsWellFormed, long appendedAt) {
    return appendedAt <= (inputIsWellFormed ? wellFormed : malformed);
  }
}
