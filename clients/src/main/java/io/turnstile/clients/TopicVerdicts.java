package io.turnstile.clients;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;

/** Verdicts in Kafka's verdict topics. */
final class TopicVerdicts<T> implements VerdictSource<T> {

  private final Consumer<T, T> consumer;
  private final Collection<String> topics;

  TopicVerdicts(Consumer<T, T> consumer, Collection<String> topics) {
    this.consumer = consumer;
    this.topics = List.copyOf(topics);
  }

  @Override
  public void seekToEnd() {
    assign();
    consumer.seekToEnd(consumer.assignment());
    // Seeking is lazy: without this, verdicts that come before the first poll would be left out.
    consumer.assignment().forEach(consumer::position);
  }

  @Override
  public void seekToBeginning() {
    assign();
    consumer.seekToBeginning(consumer.assignment());
  }

  @Override
  public void seekToTime(Instant since) {
    assign();
    Map<TopicPartition, Long> times = new HashMap<>();
    consumer.assignment().forEach(partition -> times.put(partition, since.toEpochMilli()));
    // Asked for first: what comes between the two questions is behind the end, and is read.
    Map<TopicPartition, Long> ends = consumer.endOffsets(times.keySet());
    Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(times);
    for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
      OffsetAndTimestamp first = found.get(end.getKey());
      consumer.seek(end.getKey(), first == null ? end.getValue() : first.offset());
    }
  }

  private void assign() {
    if (consumer.assignment().isEmpty()) {
      consumer.assign(
          topics.stream()
              .flatMap(topic -> consumer.partitionsFor(topic).stream())
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList());
    }
  }

  @Override
  public ConsumerRecords<T, T> poll(Duration timeout) {
    return consumer.poll(timeout);
  }

  @Override
  public Map<TopicPartition, Long> ends() {
    return consumer.endOffsets(consumer.assignment());
  }

  @Override
  public long position(TopicPartition partition) {
    return consumer.position(partition);
  }

  @Override
  public void wakeup() {
    consumer.wakeup();
  }

  @Override
  public void close() {
    KafkaConsumers.close(consumer);
  }
}
