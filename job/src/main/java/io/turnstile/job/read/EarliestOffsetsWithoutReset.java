package io.turnstile.job.read;

import java.util.Collection;
import java.util.Map;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.TopicPartition;

/**
 * Starts at the first record, like {@link OffsetsInitializer#earliest()}, but never <em>jumps</em>
 * there: the connector takes the consumer's reset policy from its initializer, also on restore, and
 * with {@code earliest} it would silently skip to what is left when a stored offset is gone. The
 * offset is a number from the start: the connector's marker for "earliest" would stay in
 * checkpoints of a partition that nothing was read from, and mean a later record after a restore.
 */
final class EarliestOffsetsWithoutReset implements OffsetsInitializer {

  @Override
  public Map<TopicPartition, Long> getPartitionOffsets(
      Collection<TopicPartition> partitions, PartitionOffsetsRetriever retriever) {
    return retriever.beginningOffsets(partitions);
  }

  // The connector's interface asks for the class that Kafka has deprecated.
  @Override
  @SuppressWarnings("deprecation")
  public OffsetResetStrategy getAutoOffsetResetStrategy() {
    return OffsetResetStrategy.NONE;
  }
}
