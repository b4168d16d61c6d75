package io.turnstile.cli.redrive;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.record.TimestampType;

/** Consumer of topics in memory that can be read several times, from any offset. */
final class MemoryConsumer extends MockConsumer<byte[], byte[]> {

  private final List<ConsumerRecord<byte[], byte[]>> log = new ArrayList<>();

  /**
   * @param partitions of the topic
   */
  MemoryConsumer(String topic, int partitions) {
    super("none");
    List<PartitionInfo> infos = new ArrayList<>();
    Map<TopicPartition, Long> zeros = new HashMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      infos.add(new PartitionInfo(topic, partition, null, null, null));
      zeros.put(new TopicPartition(topic, partition), 0L);
    }
    updatePartitions(topic, infos);
    updateBeginningOffsets(zeros);
    updateEndOffsets(zeros);
  }

  static ConsumerRecord<byte[], byte[]> record(
      TopicPartition at, long offset, long time, byte[] key, byte[] value, Headers headers) {
    return new ConsumerRecord<>(
        at.topic(),
        at.partition(),
        offset,
        time,
        TimestampType.LOG_APPEND_TIME,
        -1,
        -1,
        key,
        value,
        headers,
        Optional.empty());
  }

  void append(ConsumerRecord<byte[], byte[]> record) {
    log.add(record);
    updateEndOffsets(Map.of(partition(record), record.offset() + 1));
  }

  /** Deletes what stands before an offset. */
  void deleteBefore(TopicPartition partition, long offset) {
    log.removeIf(record -> partition(record).equals(partition) && record.offset() < offset);
    updateBeginningOffsets(Map.of(partition, offset));
  }

  @Override
  public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
    for (ConsumerRecord<byte[], byte[]> record : log) {
      if (assignment().contains(partition(record))
          && record.offset() >= position(partition(record))) {
        addRecord(record);
      }
    }
    return super.poll(timeout);
  }

  @Override
  public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(
      Map<TopicPartition, Long> times) {
    Map<TopicPartition, OffsetAndTimestamp> found = new HashMap<>();
    times.forEach(
        (partition, time) ->
            log.stream()
                .filter(record -> partition(record).equals(partition) && record.timestamp() >= time)
                .min(Comparator.comparingLong(ConsumerRecord::offset))
                .ifPresent(
                    record ->
                        found.put(
                            partition,
                            new OffsetAndTimestamp(record.offset(), record.timestamp()))));
    return found;
  }

  private static TopicPartition partition(ConsumerRecord<?, ?> record) {
    return new TopicPartition(record.topic(), record.partition());
  }
}
