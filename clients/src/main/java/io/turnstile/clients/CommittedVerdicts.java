package io.turnstile.clients;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Reads committed verdicts of all partitions of some verdict topics, without a consumer group.
 *
 * <p>Seek first, then either call {@link #poll} or {@link #start} a thread that polls. Not
 * thread-safe, but once it is started, {@link #requireReading} and {@link #close} may be called by
 * any thread.
 *
 * @param <T> the type of keys and values
 */
public final class CommittedVerdicts<T> implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(100);

  /** Enough for a poll to take all that a fast job commits meanwhile. */
  private static final int MAX_RECORDS = 20_000;

  /** Takes verdicts, on the reader's thread. An exception ends the reading. */
  @FunctionalInterface
  public interface Listener<T> {

    /**
     * Takes a verdict.
     *
     * @param polledNanos {@link System#nanoTime()} at the return of the poll that gave it
     */
    void verdict(ConsumerRecord<T, T> verdict, long polledNanos);
  }

  private final Consumer<T, T> consumer;
  private final Collection<String> topics;
  private Thread reader;
  private volatile RuntimeException failure;

  /**
   * Asks nothing of Kafka yet.
   *
   * @param consumer made by {@link #consumer} or for a test; closed with this
   */
  public CommittedVerdicts(Consumer<T, T> consumer, Collection<String> topics) {
    this.consumer = consumer;
    this.topics = List.copyOf(topics);
  }

  /**
   * A reader for measuring: takes up to 20,000 records in a poll, gives out their bytes as they
   * came, without a copy, and does not check the CRC of batches.
   *
   * @param client Kafka client configuration, the brokers among it
   */
  public static CommittedVerdicts<ByteBuffer> unchecked(
      Map<String, Object> client, Collection<String> topics) {
    Map<String, Object> config = new HashMap<>(client);
    config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_RECORDS);
    config.put(ConsumerConfig.CHECK_CRCS_CONFIG, false);
    return new CommittedVerdicts<>(consumer(config, new ByteBufferDeserializer()), topics);
  }

  /**
   * A consumer of committed records that belongs to no group, to be closed by the caller.
   *
   * @param client Kafka client configuration, the brokers among it; what it says of isolation and
   *     offsets is overridden
   */
  public static Consumer<byte[], byte[]> consumer(Map<String, Object> client) {
    return consumer(client, new ByteArrayDeserializer());
  }

  private static <T> Consumer<T, T> consumer(
      Map<String, Object> client, Deserializer<T> deserializer) {
    Map<String, Object> config = new HashMap<>(client);
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    // A reader that is overtaken by retention fails; it must not skip verdicts in silence.
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    return new KafkaConsumer<>(config, deserializer, deserializer);
  }

  /**
   * Leaves out the verdicts that are there already: reads those that are committed after this
   * returns.
   *
   * @throws org.apache.kafka.common.KafkaException if Kafka does not answer
   */
  public void seekToEnd() {
    assign();
    consumer.seekToEnd(consumer.assignment());
    // Seeking is lazy: without this, verdicts that come before the first poll would be left out.
    consumer.assignment().forEach(consumer::position);
  }

  /**
   * Reads all verdicts that are there.
   *
   * @throws org.apache.kafka.common.KafkaException if Kafka does not answer
   */
  public void seekToBeginning() {
    assign();
    consumer.seekToBeginning(consumer.assignment());
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

  /** Returns the next verdicts, none if there are none in time. */
  public ConsumerRecords<T, T> poll(Duration timeout) {
    return consumer.poll(timeout);
  }

  /** Starts a thread that reads until {@link #close}. */
  public void start(String threadName, Listener<T> listener) {
    reader = new Thread(() -> read(listener), threadName);
    reader.setDaemon(true);
    reader.start();
  }

  private void read(Listener<T> listener) {
    try (consumer) {
      while (true) {
        ConsumerRecords<T, T> records = consumer.poll(POLL);
        long now = System.nanoTime();
        for (ConsumerRecord<T, T> record : records) {
          listener.verdict(record, now);
        }
      }
    } catch (WakeupException e) {
      // close() was called.
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  /**
   * Fails if the thread cannot read any more.
   *
   * @throws RuntimeException the reason
   */
  public void requireReading() {
    if (failure != null) {
      throw failure;
    }
  }

  /** Ends the thread if there is one, and closes the consumer. */
  @Override
  public void close() {
    if (reader == null) {
      consumer.close();
      return;
    }
    consumer.wakeup();
    try {
      reader.join();
    } catch (InterruptedException e) {
      // The reader ends all the same.
      Thread.currentThread().interrupt();
    }
  }
}
