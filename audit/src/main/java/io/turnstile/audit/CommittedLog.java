package io.turnstile.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Topics as a {@code read_committed} reader sees them. Thread-safe. */
interface CommittedLog {

  /** The partitions of a topic in their order; none if it does not exist. */
  List<TopicPartition> partitions(String topic);

  /**
   * The partitions of a topic in their order.
   *
   * @throws AuditException if it does not exist
   */
  default List<TopicPartition> existingPartitions(String topic) {
    List<TopicPartition> partitions = partitions(topic);
    if (partitions.isEmpty()) {
      throw new AuditException(
          "topic " + topic + " does not exist: check the bootstrap servers and the topic prefix");
    }
    return partitions;
  }

  /** The first offset of each partition that retention has left. */
  Map<TopicPartition, Long> startOffsets(Collection<TopicPartition> partitions);

  /** The offset behind the last one that can be read: the last stable offset. */
  Map<TopicPartition, Long> stableEnds(Collection<TopicPartition> partitions);

  /** The offset behind the last one appended, committed or not. */
  Map<TopicPartition, Long> appendedEnds(Collection<TopicPartition> partitions);

  /** The first offset of each partition whose timestamp is at least this; absent if none. */
  Map<TopicPartition, Long> offsetsSince(Collection<TopicPartition> partitions, long timestamp);

  /**
   * The offsets at which to start reading: the first one left, or the first one appended at or
   * after a time.
   *
   * @param ends the end of each partition: the start where nothing was appended since that time
   * @param since null for all
   */
  default Map<TopicPartition, Long> startsSince(Map<TopicPartition, Long> ends, Instant since) {
    Map<TopicPartition, Long> starts = new HashMap<>(startOffsets(ends.keySet()));
    if (since != null) {
      Map<TopicPartition, Long> found = offsetsSince(ends.keySet(), since.toEpochMilli());
      starts.replaceAll(
          (partition, start) ->
              Math.max(start, found.getOrDefault(partition, ends.get(partition))));
    }
    return starts;
  }

  /** Opens a reader positioned at these offsets. */
  Cursor open(Map<TopicPartition, Long> from);

  /** Opens a reader that also gets records that were never committed. */
  Cursor openUncommitted(Map<TopicPartition, Long> from);

  /** A reader of some partitions, used by one thread at a time. */
  interface Cursor extends AutoCloseable {

    /** Returns the records that came within the timeout, maybe none; each partition in order. */
    Iterable<ConsumerRecord<byte[], byte[]>> poll(Duration timeout);

    /** The offset of the next record, behind all that was aborted or is no record. */
    long position(TopicPartition partition);

    @Override
    void close();
  }

  /** The record at an offset, if there is one. */
  default Optional<ConsumerRecord<byte[], byte[]>> record(TopicPartition partition, long offset) {
    try (Cursor cursor = open(Map.of(partition, offset))) {
      while (cursor.position(partition) <= offset) {
        for (ConsumerRecord<byte[], byte[]> record : cursor.poll(Duration.ofSeconds(1))) {
          return Optional.of(record).filter(r -> r.offset() == offset);
        }
      }
    }
    return Optional.empty();
  }
}
