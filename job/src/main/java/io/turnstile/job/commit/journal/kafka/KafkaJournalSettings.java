package io.turnstile.job.commit.journal.kafka;

import io.turnstile.events.TopicNames;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.common.TopicPartition;

/**
 * Settings of the journal in Kafka.
 *
 * @param client properties of every Kafka client, {@code bootstrap.servers} among them; may hold
 *     secrets
 * @param transactionTimeout after which the broker aborts an open transaction: longer than the
 *     longest stall of a task
 * @param takeOverTimeout how long a take-over may take without progress
 * @param startOffsets where to read from without a checkpoint; null for the start of the log
 */
public record KafkaJournalSettings(
    Properties client,
    TopicNames topics,
    Duration transactionTimeout,
    Duration takeOverTimeout,
    StartOffsets startOffsets)
    implements Serializable {

  /** The time that the job gives a take-over; not an option. */
  public static final Duration TAKE_OVER_TIMEOUT = Duration.ofSeconds(60);

  /** The partitions of a lane: one of each verdict topic. */
  List<TopicPartition> partitions(int lane) {
    return topics.verdicts().stream().map(topic -> new TopicPartition(topic, lane)).toList();
  }
}
