package io.turnstile.job.commit.journal;

import io.turnstile.events.TopicNames;
import java.io.Serializable;
import java.time.Duration;
import java.util.Properties;

/**
 * Settings of commit mode <em>journal</em>.
 *
 * @param client properties of every Kafka client, {@code bootstrap.servers} among them; may hold
 *     secrets
 * @param commitInterval how long a verdict waits for its commit while the job keeps up
 * @param maxCommitInterval the same while the job works off a backlog
 * @param commitsPerSecond budget of a subtask, over all of its lanes
 * @param maxHeldBytes memory of a subtask for verdicts decided while a commit is in flight; when it
 *     is full, the subtask waits
 * @param transactionTimeout after which the broker aborts an open transaction: longer than the
 *     longest stall of a task
 * @param takeOverTimeout how long a take-over may go without progress
 * @param startOffsets where to read from without a checkpoint; null for the start of the log
 */
public record JournalSettings(
    Properties client,
    TopicNames topics,
    Duration commitInterval,
    Duration maxCommitInterval,
    int commitsPerSecond,
    long maxHeldBytes,
    Duration transactionTimeout,
    Duration takeOverTimeout,
    StartOffsets startOffsets)
    implements Serializable {

  /** The default settings. */
  public static JournalSettings of(Properties client, TopicNames topics) {
    return new JournalSettings(
        client,
        topics,
        Duration.ofMillis(10),
        Duration.ofMillis(100),
        200,
        32L << 20,
        Duration.ofSeconds(60),
        Duration.ofSeconds(60),
        null);
  }
}
