package io.turnstile.job.read;

import io.turnstile.events.InputHeaders;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * Takes headers beyond the first {@value InputHeaders#MAX_HEADERS} off a record before it waits in
 * the reader's queue, whose length cannot be set. A header of two bytes in the log takes about 150
 * in memory, and no client setting limits their number: see {@link
 * io.turnstile.clients.Topics#MAX_INPUT_BYTES}. What is left of them is bounded by {@link
 * KafkaSources#MAX_POLL_RECORDS}.
 *
 * <p>Kafka makes one for each consumer, whose thread alone uses it.
 */
public final class HeaderLimit implements ConsumerInterceptor<byte[], byte[]> {

  @Override
  public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> polled) {
    for (ConsumerRecord<byte[], byte[]> record : polled) {
      if (hasTooMany(record.headers())) {
        return limited(polled);
      }
    }
    return polled;
  }

  private static boolean hasTooMany(Headers headers) {
    Iterator<Header> each = headers.iterator();
    for (int i = 0; i < InputHeaders.MAX_HEADERS && each.hasNext(); i++) {
      each.next();
    }
    return each.hasNext();
  }

  private static ConsumerRecords<byte[], byte[]> limited(ConsumerRecords<byte[], byte[]> polled) {
    Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> all = new HashMap<>();
    for (TopicPartition partition : polled.partitions()) {
      all.put(partition, polled.records(partition).stream().map(HeaderLimit::limited).toList());
    }
    return new ConsumerRecords<>(all, polled.nextOffsets());
  }

  private static ConsumerRecord<byte[], byte[]> limited(ConsumerRecord<byte[], byte[]> record) {
    Headers headers = InputHeaders.limit(record.headers());
    if (headers == record.headers()) {
      return record;
    }
    return new ConsumerRecord<>(
        record.topic(),
        record.partition(),
        record.offset(),
        record.timestamp(),
        record.timestampType(),
        record.serializedKeySize(),
        record.serializedValueSize(),
        record.key(),
        record.value(),
        headers,
        record.leaderEpoch());
  }

  @Override
  public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}

  @Override
  public void configure(Map<String, ?> configs) {}

  @Override
  public void close() {}
}
