package io.turnstile.job.read;

import io.turnstile.decision.reference.Reference;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A reference topic in Kafka. */
final class KafkaReferenceTopic<T> implements ReferenceTopic<T> {

  private static final Logger LOG = LoggerFactory.getLogger(KafkaReferenceTopic.class);
  private static final Duration POLL = Duration.ofMillis(200);

  private final ReferenceKind<T> kind;
  private final String topic;
  private final Properties clientProperties;
  private final AppendTime appendTime;

  KafkaReferenceTopic(
      ReferenceKind<T> kind, String topic, Properties clientProperties, AppendTime appendTime) {
    this.kind = kind;
    this.topic = topic;
    this.clientProperties = clientProperties;
    this.appendTime = appendTime;
  }

  @Override
  public Map<Integer, Long> readToEnd(
      Map<Integer, Long> from, Predicate<String> wanted, Consumer<Reference<T>> records)
      throws IOException {
    Properties properties = new Properties();
    properties.putAll(clientProperties);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    // What compaction has taken away below a stored offset is no loss: a later record replaced it.
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      if (partitions.isEmpty()) {
        // To a broker that has not heard of the topic yet, it looks like one without records.
        throw new IOException("the broker does not know topic " + topic);
      }
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      for (TopicPartition partition : partitions) {
        Long stored = from.get(partition.partition());
        if (stored == null) {
          consumer.seekToBeginning(List.of(partition));
        } else {
          consumer.seek(partition, stored);
        }
      }
      long count = 0;
      while (!reached(consumer, ends)) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          count++;
          handOn(record, wanted, records);
        }
      }
      LOG.info("Read {} records of {} up to {}", count, topic, ends);
      Map<Integer, Long> positions = new HashMap<>();
      ends.forEach((partition, end) -> positions.put(partition.partition(), end));
      return positions;
    } catch (InterruptException e) {
      throw new IOException("interrupted while reading " + topic, e);
    } catch (KafkaException e) {
      throw new IOException("cannot read " + topic + ": " + e.getMessage(), e);
    }
  }

  private void handOn(
      ConsumerRecord<byte[], byte[]> record,
      Predicate<String> wanted,
      Consumer<Reference<T>> records) {
    try {
      if (wanted.test(ReferenceDeserializer.key(record))) {
        records.accept(ReferenceDeserializer.read(kind, record, appendTime));
      }
    } catch (ReferenceDeserializer.MalformedReferenceException e) {
      LOG.debug("Left to the source of {} to report: {}", topic, record.offset(), e);
    }
  }

  private static boolean reached(KafkaConsumer<?, ?> consumer, Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }
}
