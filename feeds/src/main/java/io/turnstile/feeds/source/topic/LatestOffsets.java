package io.turnstile.feeds.source.topic;

import io.turnstile.feeds.source.SourceException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Where each key of a topic is last, so that a topic that is read again says nothing that is over.
 * About 150 bytes of memory for each key. Not thread-safe.
 */
final class LatestOffsets {

  private static final Duration POLL = Duration.ofSeconds(5);

  /** Less than a step of a sync may take. */
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private final Map<TopicPartition, Map<ByteBuffer, Long>> offsets = new HashMap<>();

  /**
   * Reads from a consumer's places to the ends.
   *
   * @param consumer assigned to the partitions of the ends
   */
  static LatestOffsets read(
      Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends, ChangeEvents events)
      throws SourceException {
    LatestOffsets latest = new LatestOffsets();
    long begun = System.nanoTime();
    while (ends.keySet().stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
      if (System.nanoTime() - begun > LONGEST.toNanos()) {
        throw SourceException.lasting(
            "the topic cannot be read to its end in " + LONGEST.toMinutes() + " min", null);
      }
      ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
      if (records.isEmpty()
          && ends.keySet().stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        throw SourceException.passing("the topic gives nothing in " + POLL.toSeconds() + " s");
      }
      for (ConsumerRecord<byte[], byte[]> record : records) {
        if (record.key() != null && !events.isSilent(record.value())) {
          latest
              .offsets
              .computeIfAbsent(
                  new TopicPartition(record.topic(), record.partition()), each -> new HashMap<>())
              .put(ByteBuffer.wrap(record.key()), record.offset());
        }
      }
    }
    return latest;
  }

  /** Returns whether a later record of the same partition has the same key. */
  boolean isOver(ConsumerRecord<byte[], byte[]> record) {
    if (record.key() == null) {
      return false;
    }
    Long last =
        offsets
            .getOrDefault(new TopicPartition(record.topic(), record.partition()), Map.of())
            .get(ByteBuffer.wrap(record.key()));
    return last != null && record.offset() < last;
  }
}
