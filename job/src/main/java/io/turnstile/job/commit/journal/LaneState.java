package io.turnstile.job.commit.journal;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * The state of a {@link Lane}.
 *
 * <pre>
 *            takeOver                              write
 *  CREATED -----------&gt; TAKING_OVER ----&gt; SETTLED -----------&gt; OPEN
 *     |                    ^                 ^                   |
 *     | follow             | takeOver        |                   |
 *     v                    |       endCommit |                   | beginCommit
 *  FOLLOWING --------------+                 |                   v
 *                                            +------------- COMMITTING
 *
 *  each of these -----------------&gt; FAILED
 *  each of these, and FAILED -----&gt; CLOSED
 * </pre>
 *
 * What is written in COMMITTING is held in memory; the end of the commit appends it, and the lane
 * is OPEN again at once.
 */
enum LaneState {
  /** Not owned yet. */
  CREATED,
  /** Not owned; what the owner commits is read. Inputs may come, and none is decided. */
  FOLLOWING,
  /** Fences earlier owners, and reads what they committed. */
  TAKING_OVER,
  /** Owned, and every verdict is committed. Checkpoints are taken here. */
  SETTLED,
  /** Owned, and verdicts are in the open transaction. */
  OPEN,
  /** Owned, and the transaction is being committed. */
  COMMITTING,
  /** An operation failed: the outcome of what was not acknowledged is unknown. */
  FAILED,
  /** Given up. */
  CLOSED;

  /** The states in which inputs may come. */
  static final Set<LaneState> OWNED =
      Collections.unmodifiableSet(EnumSet.of(SETTLED, OPEN, COMMITTING));

  boolean isValidTransition(LaneState next) {
    return switch (this) {
      case CREATED -> next == FOLLOWING || next == TAKING_OVER || isEnd(next);
      case FOLLOWING -> next == TAKING_OVER || isEnd(next);
      case TAKING_OVER, COMMITTING -> next == SETTLED || isEnd(next);
      case SETTLED -> next == OPEN || isEnd(next);
      case OPEN -> next == COMMITTING || isEnd(next);
      case FAILED, CLOSED -> next == CLOSED;
    };
  }

  private static boolean isEnd(LaneState state) {
    return state == FAILED || state == CLOSED;
  }
}
