package io.turnstile.simulator;

import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.TopicNames;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Kafka in memory: one partition per topic, acknowledges at once. */
class FakeKafka implements KafkaClients {

  private final TopicPartition rejected = new TopicPartition(topics().rejected(), 0);
  private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
  private final List<Collection<String>> required = new ArrayList<>();
  private long rejections;

  private final MockProducer<String, byte[]> producer =
      new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer()) {
        @Override
        public synchronized Future<RecordMetadata> send(
            ProducerRecord<String, byte[]> record, Callback callback) {
          beforeSend(record);
          RuntimeException refused = refusal(record);
          if (refused != null) {
            callback.onCompletion(null, refused);
            return CompletableFuture.failedFuture(refused);
          }
          return super.send(record, callback);
        }
      };

  FakeKafka() {
    PartitionInfo partition = new PartitionInfo(rejected.topic(), 0, null, null, null);
    consumer.updatePartitions(rejected.topic(), List.of(partition));
    consumer.updateEndOffsets(Map.of(rejected, 0L));
  }

  /** For tests to look at the world at the moment of a send. */
  void beforeSend(ProducerRecord<String, byte[]> record) {}

  /** For tests to refuse a record; null sends it. */
  RuntimeException refusal(ProducerRecord<String, byte[]> record) {
    return null;
  }

  /** All records sent so far. */
  List<ProducerRecord<String, byte[]>> sent() {
    return producer.history();
  }

  /** The records sent to a topic so far. */
  List<ProducerRecord<String, byte[]>> sent(String topic) {
    return sent().stream().filter(record -> record.topic().equals(topic)).toList();
  }

  /** Appends to the rejected verdicts. */
  void reject(byte[] verdict) {
    consumer.schedulePollTask(
        () ->
            consumer.addRecord(
                new ConsumerRecord<>(rejected.topic(), 0, rejections++, new byte[0], verdict)));
  }

  boolean consumerClosed() {
    return consumer.closed();
  }

  /** The topics that were asked to exist. */
  List<Collection<String>> required() {
    return required;
  }

  @Override
  public TopicNames topics() {
    return TopicNames.DEFAULT;
  }

  @Override
  public void requireTopics(Collection<String> names) {
    required.add(names);
  }

  @Override
  public Producer<String, byte[]> newProducer() {
    return producer;
  }

  @Override
  public CommittedVerdicts<byte[]> verdicts(Collection<String> verdictTopics) {
    return new CommittedVerdicts<>(consumer, verdictTopics);
  }
}
