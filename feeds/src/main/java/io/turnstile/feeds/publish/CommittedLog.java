package io.turnstile.feeds.publish;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.CommittedVerdicts;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Reads all committed records of a topic. Thread-safe. */
final class CommittedLog {

  private static final Duration POLL = Duration.ofMillis(100);

  private final Map<String, Object> client;
  private final Duration patience;

  /**
   * @param client Kafka client configuration
   * @param patience how long reading may not get on: longer than the transactions of others, which
   *     hold it up, may be open
   */
  CommittedLog(Map<String, Object> client, Duration patience) {
    Map<String, Object> config = new HashMap<>(client);
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    this.client = Map.copyOf(config);
    this.patience = patience;
  }

  /**
   * Reads everything that was committed when this is called, in the order of each partition. It is
   * not enough to read up to the last stable offset: behind a transaction that another feed has
   * open lies what this one has committed.
   *
   * @throws CheckFailedException if a transaction of others stays open, or there is no such topic
   */
  void read(String topic, Consumer<ConsumerRecord<byte[], byte[]>> listener)
      throws InterruptedException {
    try (org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer =
        CommittedVerdicts.consumer(client)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      if (partitions.isEmpty()) {
        throw new CheckFailedException(
            "topic " + topic + " does not exist: make it with `turnstile topics`");
      }
      Map<TopicPartition, Long> ends = ends(partitions);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long movedAt = System.nanoTime();
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        records.forEach(listener);
        if (!records.isEmpty()) {
          movedAt = System.nanoTime();
        } else if (System.nanoTime() - movedAt > patience.toNanos()) {
          throw new CheckFailedException(
              "topic %s cannot be read to its end in %d s: a transaction is open there"
                  .formatted(topic, patience.toSeconds()));
        }
      }
    }
  }

  /** High watermarks. */
  private Map<TopicPartition, Long> ends(List<TopicPartition> partitions)
      throws InterruptedException {
    try (Admin admin = Admin.create(client)) {
      return admin
          .listOffsets(
              partitions.stream()
                  .collect(Collectors.toMap(each -> each, each -> OffsetSpec.latest())))
          .all()
          .get()
          .entrySet()
          .stream()
          .collect(Collectors.toMap(Map.Entry::getKey, each -> each.getValue().offset()));
    } catch (ExecutionException e) {
      throw new KafkaException(e.getCause());
    }
  }
}
