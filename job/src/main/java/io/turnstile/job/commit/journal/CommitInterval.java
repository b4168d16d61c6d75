package io.turnstile.job.commit.journal;

import java.time.Duration;

/**
 * Decides when a lane commits next: about every interval while the job keeps up, less often while
 * it works off a backlog. All times are epoch milliseconds.
 *
 * <p>A backlog shows in the age of the verdicts: the interval is a tenth of it, within bounds, so
 * that it adds little to a latency that is already there and saves the commits.
 */
final class CommitInterval {

  private static final int PART_OF_AGE = 10;

  private final long minMillis;
  private final long maxMillis;

  /**
   * @param lanesOwned they share the budget of commits
   */
  CommitInterval(JournalSettings settings, int lanesOwned) {
    long budgetMillis =
        Duration.ofSeconds(lanesOwned).toMillis() / Math.max(1, settings.commitsPerSecond());
    minMillis = Math.max(settings.commitInterval().toMillis(), budgetMillis);
    maxMillis = Math.max(minMillis, settings.maxCommitInterval().toMillis());
  }

  /**
   * The time of the next commit, not before now.
   *
   * @param lastCommit when the lane's last commit began
   * @param newestInput the latest append time among the inputs whose verdicts wait for the commit
   */
  long nextCommit(long now, long lastCommit, long newestInput) {
    long age = Math.max(0, now - newestInput);
    long interval = Math.max(minMillis, Math.min(maxMillis, age / PART_OF_AGE));
    // A clock that was set back must not hold up the commit.
    return Math.max(now, Math.min(now, lastCommit) + interval);
  }
}
