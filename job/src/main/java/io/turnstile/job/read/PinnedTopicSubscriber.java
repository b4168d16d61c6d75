package io.turnstile.job.read;

import io.turnstile.job.failure.PermanentFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.connector.kafka.source.enumerator.subscriber.KafkaSubscriber;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * Discovers the partitions of one topic, now and then for as long as the job runs, and stops the
 * job permanently when the topic is gone or is no longer the same: Flink's own subscriber would
 * continue with the offsets of the old one. Also checks whether partitions are held back.
 */
final class PinnedTopicSubscriber implements KafkaSubscriber {

  private final String topic;

  /** Lives as long as the JobManager; beyond it, the intake's state knows the id. */
  private transient volatile Uuid id;

  private transient volatile OpenTransactionMonitor heldBack;

  PinnedTopicSubscriber(String topic) {
    this.topic = topic;
  }

  @Override
  public Set<TopicPartition> getSubscribedTopicPartitions(AdminClient admin) {
    TopicDescription description;
    try {
      description = KafkaTopicIdentities.describe(admin, List.of(topic)).get(topic);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (id == null) {
      id = description.topicId();
    } else if (!id.equals(description.topicId())) {
      throw PermanentFailure.of(
          "input topic "
              + topic
              + " was deleted and created again while the job ran (id "
              + id
              + ", now "
              + description.topicId()
              + "): start the job without the checkpoint, with new verdict topics");
    }
    Set<TopicPartition> partitions =
        description.partitions().stream()
            .map(partition -> new TopicPartition(topic, partition.partition()))
            .collect(Collectors.toSet());
    if (heldBack == null) {
      // The first discovery is one that the job's start waits for.
      heldBack = new OpenTransactionMonitor();
    } else {
      heldBack.look(admin, partitions);
    }
    return partitions;
  }
}
