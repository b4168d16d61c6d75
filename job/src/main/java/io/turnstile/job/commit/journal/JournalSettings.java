package io.turnstile.job.commit.journal;

import java.io.Serializable;
import java.time.Duration;

/**
 * Settings of commit mode <em>journal</em> that hold for every store.
 *
 * @param commitInterval how long a verdict waits for its commit while the job keeps up
 * @param maxCommitInterval the same while the job works off a backlog
 * @param commitsPerSecond budget of a subtask, over all of its lanes
 * @param maxHeldBytes memory of a subtask for verdicts decided while a commit is in flight; when it
 *     is full, the subtask waits
 * @param generation number of the job among those that take over from one another; null for none
 */
public record JournalSettings(
    Duration commitInterval,
    Duration maxCommitInterval,
    int commitsPerSecond,
    long maxHeldBytes,
    Long generation)
    implements Serializable {

  /** The memory that the job gives to held verdicts; not an option. */
  public static final long MAX_HELD_BYTES = 32L << 20;
}
