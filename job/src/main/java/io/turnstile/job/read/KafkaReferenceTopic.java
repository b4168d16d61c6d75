package io.turnstile.job.read;

import io.turnstile.clients.KafkaConsumers;
import io.turnstile.decision.reference.MalformedReferenceException;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceDecoder;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
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
  public Reader<T> reader() {
    return new KafkaReader();
  }

  private Properties properties() {
    Properties properties = new Properties();
    properties.putAll(clientProperties);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    // What compaction has taken away below a stored offset is no loss: a later record replaced it.
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    return properties;
  }

  /** Keeps its connections from one reading to the next. */
  private final class KafkaReader implements Reader<T> {

    private volatile KafkaConsumer<byte[], byte[]> consumer;
    private volatile Admin admin;
    private volatile boolean closed;

    @Override
    public synchronized Map<Integer, Long> readTo(
        End end, Map<Integer, Long> from, Predicate<String> wanted, Consumer<Reference<T>> records)
        throws IOException {
      try {
        if (consumer == null) {
          consumer =
              new KafkaConsumer<>(
                  properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        }
        if (closed) {
          close();
          throw new IOException("the reader of " + topic + " is closed");
        }
        return read(end, from, wanted, records);
      } catch (InterruptException e) {
        throw new IOException("interrupted while reading " + topic, e);
      } catch (KafkaException e) {
        throw new IOException("cannot read " + topic + ": " + e.getMessage(), e);
      }
    }

    private Map<Integer, Long> read(
        End end, Map<Integer, Long> from, Predicate<String> wanted, Consumer<Reference<T>> records)
        throws IOException {
      List<TopicPartition> partitions =
          end == End.LAST_STABLE_OFFSET
              ? consumer.partitionsFor(topic).stream()
                  .map(info -> new TopicPartition(topic, info.partition()))
                  .toList()
              : partitionsNow();
      if (partitions.isEmpty()) {
        // To a broker that has not heard of the topic yet, it looks like one without records.
        throw new IOException("the broker does not know topic " + topic);
      }
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends =
          end == End.LAST_STABLE_OFFSET
              ? consumer.endOffsets(partitions)
              : highWatermarks(partitions);
      for (TopicPartition partition : partitions) {
        Long stored = from.get(partition.partition());
        if (stored == null) {
          consumer.seekToBeginning(List.of(partition));
        } else {
          consumer.seek(partition, stored);
        }
      }
      long count = 0;
      ReadProgress progress = new ReadProgress(topic, System::nanoTime);
      Map<TopicPartition, Long> ahead = ahead(ends);
      while (!ahead.isEmpty()) {
        progress.at(ahead);
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          count++;
          handOn(record, wanted, records);
        }
        ahead = ahead(ends);
      }
      if (end == End.LAST_STABLE_OFFSET) {
        LOG.info("Read {} records of {} up to {}", count, topic, ends);
      } else {
        LOG.debug("Read {} records of {} up to {}", count, topic, ends);
      }
      Map<Integer, Long> positions = new HashMap<>();
      ends.forEach((partition, offset) -> positions.put(partition.partition(), offset));
      return positions;
    }

    /** A consumer that is kept does not hear of new partitions by itself. */
    private List<TopicPartition> partitionsNow() throws IOException {
      return get(admin().describeTopics(List.of(topic)).topicNameValues().get(topic))
          .partitions()
          .stream()
          .map(info -> new TopicPartition(topic, info.partition()))
          .toList();
    }

    /** A consumer of committed records is told of the last stable offset only. */
    private Map<TopicPartition, Long> highWatermarks(List<TopicPartition> partitions)
        throws IOException {
      Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
      partitions.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
      Map<TopicPartition, Long> ends = new HashMap<>();
      get(admin()
              .listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
              .all())
          .forEach((partition, info) -> ends.put(partition, info.offset()));
      return ends;
    }

    private Admin admin() {
      if (admin == null) {
        Properties properties = new Properties();
        properties.putAll(clientProperties);
        admin = Admin.create(properties);
      }
      return admin;
    }

    private <V> V get(KafkaFuture<V> answer) throws IOException {
      try {
        return answer.get();
      } catch (ExecutionException e) {
        throw new IOException(
            "cannot ask for the end of " + topic + ": " + e.getCause().getMessage(), e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while reading " + topic, e);
      }
    }

    /** Positions of the partitions that are not read to their end yet. */
    private Map<TopicPartition, Long> ahead(Map<TopicPartition, Long> ends) {
      Map<TopicPartition, Long> positions = new HashMap<>();
      ends.forEach(
          (partition, end) -> {
            long position = consumer.position(partition);
            if (position < end) {
              positions.put(partition, position);
            }
          });
      return positions;
    }

    /** First ends what another thread waits for, then takes what that thread holds. */
    @Override
    public void close() {
      closed = true;
      Admin openAdmin = admin;
      if (openAdmin != null) {
        openAdmin.close(Duration.ZERO);
      }
      KafkaConsumer<byte[], byte[]> open = consumer;
      if (open != null) {
        open.wakeup();
        synchronized (this) {
          KafkaConsumers.close(open);
        }
      }
    }
  }

  private void handOn(
      ConsumerRecord<byte[], byte[]> record,
      Predicate<String> wanted,
      Consumer<Reference<T>> records) {
    try {
      if (wanted.test(ReferenceDecoder.key(record.key()))) {
        records.accept(
            kind.decoder()
                .decode(
                    record.key(),
                    record.value(),
                    record.partition(),
                    record.offset(),
                    appendTime.of(record)));
      }
    } catch (MalformedReferenceException e) {
      LOG.debug("Left to the source of {} to report: {}", topic, record.offset(), e);
    }
  }
}
