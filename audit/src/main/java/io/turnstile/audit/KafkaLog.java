package io.turnstile.audit;

import io.turnstile.clients.KafkaConsumers;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The topics of a Kafka cluster. Every consumer assigns its partitions itself, starts at the
 * offsets given and has no group: an audit leaves no trace in the cluster.
 */
final class KafkaLog implements CommittedLog {

  private final Map<String, Object> client;

  /**
   * @param client Kafka client properties
   */
  KafkaLog(Map<String, Object> client) {
    this.client = client;
  }

  @Override
  public List<TopicPartition> partitions(String topic) {
    List<PartitionInfo> partitions =
        ask(
            IsolationLevel.READ_COMMITTED,
            consumer -> {
              try {
                return consumer.partitionsFor(topic);
              } catch (UnknownTopicOrPartitionException e) {
                return List.of();
              }
            });
    return partitions.stream()
        .map(info -> new TopicPartition(topic, info.partition()))
        .sorted((a, b) -> Integer.compare(a.partition(), b.partition()))
        .toList();
  }

  @Override
  public Map<TopicPartition, Long> startOffsets(Collection<TopicPartition> partitions) {
    return ask(IsolationLevel.READ_COMMITTED, consumer -> consumer.beginningOffsets(partitions));
  }

  @Override
  public Map<TopicPartition, Long> stableEnds(Collection<TopicPartition> partitions) {
    return ask(IsolationLevel.READ_COMMITTED, consumer -> consumer.endOffsets(partitions));
  }

  @Override
  public Map<TopicPartition, Long> appendedEnds(Collection<TopicPartition> partitions) {
    return ask(IsolationLevel.READ_UNCOMMITTED, consumer -> consumer.endOffsets(partitions));
  }

  @Override
  public Map<TopicPartition, Long> offsetsSince(
      Collection<TopicPartition> partitions, long timestamp) {
    Map<TopicPartition, Long> times =
        partitions.stream().collect(Collectors.toMap(partition -> partition, p -> timestamp));
    Map<TopicPartition, OffsetAndTimestamp> found =
        ask(IsolationLevel.READ_COMMITTED, consumer -> consumer.offsetsForTimes(times));
    Map<TopicPartition, Long> offsets = new HashMap<>();
    found.forEach(
        (partition, offset) -> {
          if (offset != null) {
            offsets.put(partition, offset.offset());
          }
        });
    return offsets;
  }

  @Override
  public Cursor open(Map<TopicPartition, Long> from) {
    return open(IsolationLevel.READ_COMMITTED, from);
  }

  @Override
  public Cursor openUncommitted(Map<TopicPartition, Long> from) {
    return open(IsolationLevel.READ_UNCOMMITTED, from);
  }

  private Cursor open(IsolationLevel isolation, Map<TopicPartition, Long> from) {
    Consumer<byte[], byte[]> consumer = consumer(isolation);
    consumer.assign(from.keySet());
    from.forEach(consumer::seek);
    return new KafkaCursor(consumer);
  }

  private <T> T ask(IsolationLevel isolation, Function<Consumer<?, ?>, T> question) {
    try (Consumer<byte[], byte[]> consumer = consumer(isolation)) {
      return question.apply(consumer);
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  private Consumer<byte[], byte[]> consumer(IsolationLevel isolation) {
    Map<String, Object> properties = new HashMap<>();
    properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 30_000);
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5_000);
    // Not more at a time: record headers may unpack to 74 times their size.
    properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 2 << 20);
    properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 2 << 20);
    properties.putAll(client);
    properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
    properties.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    properties.put(
        ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation.name().toLowerCase(Locale.ROOT));
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    try {
      return new KafkaConsumer<>(
          properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  private static AuditException failed(KafkaException e) {
    if (e instanceof OffsetOutOfRangeException gone) {
      return new AuditException(
          "records were deleted while the audit was about to read them, at "
              + gone.offsetOutOfRangePartitions()
              + ": run it again, with --since to stay clear of retention",
          e);
    }
    if (e instanceof TimeoutException) {
      return new AuditException(
          "Kafka does not answer (" + e.getMessage() + "): check --bootstrap-servers", e);
    }
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return new AuditException("Kafka refuses: " + cause.getMessage(), e);
  }

  private record KafkaCursor(Consumer<byte[], byte[]> consumer) implements Cursor {

    @Override
    public Iterable<ConsumerRecord<byte[], byte[]>> poll(Duration timeout) {
      try {
        return consumer.poll(timeout);
      } catch (KafkaException e) {
        throw failed(e);
      }
    }

    @Override
    public long position(TopicPartition partition) {
      try {
        return consumer.position(partition);
      } catch (KafkaException e) {
        throw failed(e);
      }
    }

    @Override
    public void close() {
      KafkaConsumers.close(consumer);
    }
  }
}
