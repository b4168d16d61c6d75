package io.turnstile.audit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Topics in memory. Offsets without a record are control records and aborted ones. What is said to
 * come {@linkplain #arrive later} comes while a reader polls at the end.
 */
final class MemoryLog implements CommittedLog {

  private final Map<TopicPartition, TreeMap<Long, ConsumerRecord<byte[], byte[]>>> records =
      new HashMap<>();
  private final Map<TopicPartition, TreeMap<Long, ConsumerRecord<byte[], byte[]>>> aborted =
      new HashMap<>();
  private final Map<TopicPartition, Long> starts = new HashMap<>();
  private final Map<TopicPartition, Long> ends = new HashMap<>();
  private final Map<TopicPartition, Long> hidden = new HashMap<>();
  private final List<ConsumerRecord<byte[], byte[]>> later = new ArrayList<>();

  void create(String topic, int partitions) {
    for (int partition = 0; partition < partitions; partition++) {
      records.put(new TopicPartition(topic, partition), new TreeMap<>());
    }
  }

  void append(ConsumerRecord<byte[], byte[]> record) {
    TopicPartition partition = new TopicPartition(record.topic(), record.partition());
    records.get(partition).put(record.offset(), record);
    ends.merge(partition, record.offset() + 1, Math::max);
  }

  /** Appends a record that is never committed. */
  void abort(ConsumerRecord<byte[], byte[]> record) {
    TopicPartition partition = new TopicPartition(record.topic(), record.partition());
    aborted.computeIfAbsent(partition, p -> new TreeMap<>()).put(record.offset(), record);
    ends.merge(partition, record.offset() + 1, Math::max);
  }

  /** Appends a record once a reader that waits for more has found nothing. */
  synchronized void arrive(ConsumerRecord<byte[], byte[]> record) {
    later.add(record);
  }

  /** Deletes what lies before an offset, as retention does. */
  void deleteBefore(TopicPartition partition, long offset) {
    starts.put(partition, offset);
    records.get(partition).headMap(offset).clear();
    ends.merge(partition, offset, Math::max);
  }

  /** An open transaction has appended this many records. */
  void open(TopicPartition partition, long count) {
    hidden.put(partition, count);
  }

  @Override
  public synchronized List<TopicPartition> partitions(String topic) {
    return records.keySet().stream()
        .filter(partition -> partition.topic().equals(topic))
        .sorted((a, b) -> Integer.compare(a.partition(), b.partition()))
        .toList();
  }

  @Override
  public synchronized Map<TopicPartition, Long> startOffsets(Collection<TopicPartition> of) {
    return each(of, partition -> starts.getOrDefault(partition, 0L));
  }

  @Override
  public synchronized Map<TopicPartition, Long> stableEnds(Collection<TopicPartition> of) {
    return each(of, partition -> ends.getOrDefault(partition, 0L));
  }

  @Override
  public synchronized Map<TopicPartition, Long> appendedEnds(Collection<TopicPartition> of) {
    return each(
        of, partition -> ends.getOrDefault(partition, 0L) + hidden.getOrDefault(partition, 0L));
  }

  @Override
  public synchronized Map<TopicPartition, Long> offsetsSince(
      Collection<TopicPartition> of, long timestamp) {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    for (TopicPartition partition : of) {
      records.get(partition).values().stream()
          .filter(record -> record.timestamp() >= timestamp)
          .findFirst()
          .ifPresent(record -> offsets.put(partition, record.offset()));
    }
    return offsets;
  }

  @Override
  public Cursor open(Map<TopicPartition, Long> from) {
    return open(from, records);
  }

  @Override
  public Cursor openUncommitted(Map<TopicPartition, Long> from) {
    Map<TopicPartition, TreeMap<Long, ConsumerRecord<byte[], byte[]>>> all = new HashMap<>();
    records.forEach((partition, committed) -> all.put(partition, new TreeMap<>(committed)));
    aborted.forEach((partition, more) -> all.get(partition).putAll(more));
    return open(from, all);
  }

  private Cursor open(
      Map<TopicPartition, Long> from,
      Map<TopicPartition, ? extends SortedMap<Long, ConsumerRecord<byte[], byte[]>>> shown) {
    Map<TopicPartition, Long> positions = new HashMap<>(from);
    return new Cursor() {
      @Override
      public Iterable<ConsumerRecord<byte[], byte[]>> poll(Duration timeout) {
        return take(positions, shown);
      }

      @Override
      public long position(TopicPartition partition) {
        return positions.get(partition);
      }

      @Override
      public void close() {}
    };
  }

  /** A few records of each partition, so that readers have to poll more than once. */
  private synchronized List<ConsumerRecord<byte[], byte[]>> take(
      Map<TopicPartition, Long> positions,
      Map<TopicPartition, ? extends SortedMap<Long, ConsumerRecord<byte[], byte[]>>> shown) {
    List<ConsumerRecord<byte[], byte[]>> taken = new ArrayList<>();
    positions.replaceAll(
        (partition, position) -> {
          List<ConsumerRecord<byte[], byte[]>> some =
              shown.get(partition).tailMap(position).values().stream().limit(100).toList();
          taken.addAll(some);
          return some.isEmpty()
              ? Math.max(position, ends.getOrDefault(partition, 0L))
              : some.get(some.size() - 1).offset() + 1;
        });
    // Only who waits for more reads several partitions at once.
    if (taken.isEmpty() && positions.size() > 1 && !later.isEmpty()) {
      append(later.remove(0));
    }
    return taken;
  }

  private static Map<TopicPartition, Long> each(
      Collection<TopicPartition> partitions, Function<TopicPartition, Long> offset) {
    return partitions.stream().collect(Collectors.toMap(p -> p, offset));
  }
}
