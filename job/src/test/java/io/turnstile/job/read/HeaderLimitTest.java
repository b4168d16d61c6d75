package io.turnstile.job.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.clients.Topics;
import io.turnstile.events.InputHeaders;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;

class HeaderLimitTest {

  private static final TopicPartition PARTITION = new TopicPartition("transactions", 3);

  private final HeaderLimit limit = new HeaderLimit();

  @Test
  void recordsWithFewHeadersArePassedOnUntouched() {
    ConsumerRecords<byte[], byte[]> polled =
        polled(List.of(record(1, 0), record(2, InputHeaders.MAX_HEADERS)));
    assertThat(limit.onConsume(polled)).isSameAs(polled);
  }

  @Test
  void pollWithoutTooManyHeadersIsNotTakenApart() {
    Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records =
        Map.of(PARTITION, List.of(record(1, 3), record(2, 3)));
    ConsumerRecords<byte[], byte[]> polled =
        new ConsumerRecords<>(records, Map.of()) {
          @Override
          public Set<TopicPartition> partitions() {
            throw new AssertionError("it is copied by partition");
          }
        };
    assertThat(limit.onConsume(polled)).isSameAs(polled);
  }

  @Test
  void firstHeadersAreKeptAndEverythingElseOfTheRecord() {
    ConsumerRecord<byte[], byte[]> bomb = record(2, 524_288);
    ConsumerRecords<byte[], byte[]> polled = polled(List.of(record(1, 1), bomb, record(3, 2)));

    ConsumerRecords<byte[], byte[]> limited = limit.onConsume(polled);

    assertThat(limited.nextOffsets()).isEqualTo(polled.nextOffsets());
    assertThat(limited.partitions()).containsExactly(PARTITION);
    assertThat(limited.records(PARTITION))
        .extracting(ConsumerRecord::offset)
        .containsExactly(1L, 2L, 3L);
    ConsumerRecord<byte[], byte[]> kept = limited.records(PARTITION).get(1);
    assertThat(kept.headers().toArray())
        .hasSize(InputHeaders.MAX_HEADERS + 1)
        .startsWith(
            List.of(bomb.headers().toArray())
                .subList(0, InputHeaders.MAX_HEADERS)
                .toArray(Header[]::new));
    assertThat(kept.headers().lastHeader(InputHeaders.DROPPED).value())
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(Integer.toString(524_288 - InputHeaders.MAX_HEADERS));
    assertThat(kept.key()).isSameAs(bomb.key());
    assertThat(kept.value()).isSameAs(bomb.value());
    assertThat(kept.timestamp()).isEqualTo(bomb.timestamp());
    assertThat(kept.timestampType()).isEqualTo(bomb.timestampType());
    assertThat(kept.leaderEpoch()).isEqualTo(bomb.leaderEpoch());
    assertThat(kept.serializedValueSize()).isEqualTo(bomb.serializedValueSize());
  }

  /** The most headers that one record of the topic can have, in every record of a poll. */
  @Test
  void whatIsLeftOfAPollIsBounded() {
    RecordHeaders most = headers(Topics.MAX_INPUT_BYTES / 2);
    List<ConsumerRecord<byte[], byte[]>> bombs = new ArrayList<>();
    for (int i = 0; i < KafkaSources.MAX_POLL_RECORDS; i++) {
      bombs.add(record(i, most));
    }
    ConsumerRecords<byte[], byte[]> limited = limit.onConsume(polled(bombs));
    int left = 0;
    for (ConsumerRecord<byte[], byte[]> record : limited) {
      left += record.headers().toArray().length;
    }
    assertThat(left).isEqualTo(KafkaSources.MAX_POLL_RECORDS * (InputHeaders.MAX_HEADERS + 1));
  }

  /** Looking at a record must not cost what is being looked for. */
  @Test
  void ordinaryRecordsCostNoCopies() {
    ConsumerRecords<byte[], byte[]> polled =
        polled(Collections.nCopies(KafkaSources.MAX_POLL_RECORDS, record(1, 3)));
    limit.onConsume(polled);
    long before = allocated();
    limit.onConsume(polled);
    assertThat(allocated() - before).isLessThan(KafkaSources.MAX_POLL_RECORDS * 200L);
  }

  @Test
  void consumerOfTransactionsHasTheLimit() {
    Properties properties = new Properties();
    properties.putAll(KafkaSources.BOUNDED);
    properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:1");
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      // A class that Kafka cannot make, or a value that it does not know, would have failed.
      assertThat(consumer.assignment()).isEmpty();
    }
    assertThat(KafkaSources.BOUNDED)
        .containsEntry("fetch.max.bytes", Integer.toString(Topics.MAX_INPUT_BYTES))
        .containsEntry("max.partition.fetch.bytes", Integer.toString(Topics.MAX_INPUT_BYTES))
        .containsEntry("max.poll.records", Integer.toString(KafkaSources.MAX_POLL_RECORDS));
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  private static ConsumerRecords<byte[], byte[]> polled(
      List<ConsumerRecord<byte[], byte[]>> records) {
    return new ConsumerRecords<>(
        Map.of(PARTITION, records), Map.of(PARTITION, new OffsetAndMetadata(4)));
  }

  private static ConsumerRecord<byte[], byte[]> record(long offset, int headers) {
    return record(offset, headers(headers));
  }

  private static ConsumerRecord<byte[], byte[]> record(long offset, RecordHeaders headers) {
    return new ConsumerRecord<>(
        PARTITION.topic(),
        PARTITION.partition(),
        offset,
        1_767_225_600_000L,
        TimestampType.LOG_APPEND_TIME,
        1,
        1,
        new byte[] {'k'},
        new byte[] {'x'},
        headers,
        Optional.of(7));
  }

  private static RecordHeaders headers(int count) {
    RecordHeaders headers = new RecordHeaders();
    for (int i = 0; i < count; i++) {
      headers.add(new RecordHeader("", new byte[0]));
    }
    return headers;
  }
}
