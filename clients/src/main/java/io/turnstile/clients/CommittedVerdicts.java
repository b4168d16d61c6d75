package io.turnstile.clients;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
 * Reads committed verdicts of all lanes, without a consumer group: from the verdict topics, or from
 * another {@link VerdictSource}.
 *
 * <p>Seek first, then call {@link #poll} or {@link #readToEnd}, or {@link #start} a thread that
 * polls. Not thread-safe, but once it is started, {@link #requireReading} and {@link #close} may be
 * called by any thread.
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

  /** Takes verdicts that came together. An exception ends the reading. */
  @FunctionalInterface
  public interface BatchListener<T, E extends Exception> {

    /** Takes at least one verdict; those of a lane in their order. */
    void verdicts(List<ConsumerRecord<T, T>> verdicts) throws E;
  }

  private final VerdictSource<T> source;
  private Thread reader;
  private volatile RuntimeException failure;

  /**
   * Asks nothing of Kafka yet.
   *
   * @param consumer made by {@link #consumer} or for a test; closed with this
   */
  public CommittedVerdicts(Consumer<T, T> consumer, Collection<String> topics) {
    this(new TopicVerdicts<>(consumer, topics));
  }

  /**
   * Reads from any store.
   *
   * @param source closed with this
   */
  public CommittedVerdicts(VerdictSource<T> source) {
    this.source = source;
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
   * @throws RuntimeException if the store does not answer
   */
  public void seekToEnd() {
    source.seekToEnd();
  }

  /**
   * Reads all verdicts that are there.
   *
   * @throws RuntimeException if the store does not answer
   */
  public void seekToBeginning() {
    source.seekToBeginning();
  }

  /**
   * Goes to a time, as {@link VerdictSource#seekToTime} says.
   *
   * @throws RuntimeException if the store does not answer
   */
  public void seekToTime(Instant since) {
    source.seekToTime(since);
  }

  /** Returns the next verdicts, none if there are none in time. */
  public ConsumerRecords<T, T> poll(Duration timeout) {
    return source.poll(timeout);
  }

  /**
   * Reads up to where the committed verdicts end when this is called.
   *
   * @param patience how long no lane may get on
   * @return where they ended: the offset behind the last one of each partition
   * @throws CheckFailedException if a lane does not get on
   */
  public <E extends Exception> Map<TopicPartition, Long> readToEnd(
      Duration patience, BatchListener<T, E> listener) throws E {
    Map<TopicPartition, Long> ends = source.ends();
    Map<TopicPartition, Long> unread = unread(ends);
    long movedAt = System.nanoTime();
    while (!unread.isEmpty()) {
      List<ConsumerRecord<T, T>> batch = new ArrayList<>();
      for (ConsumerRecord<T, T> record : source.poll(POLL)) {
        if (record.offset() < ends.get(new TopicPartition(record.topic(), record.partition()))) {
          batch.add(record);
        }
      }
      if (!batch.isEmpty()) {
        listener.verdicts(batch);
      }
      Map<TopicPartition, Long> before = unread;
      unread = unread(ends);
      if (!unread.equals(before)) {
        movedAt = System.nanoTime();
      } else if (System.nanoTime() - movedAt > patience.toNanos()) {
        throw new CheckFailedException(
            "nothing comes from %s, which have not been read to their ends, %s"
                .formatted(unread, ends));
      }
    }
    return ends;
  }

  /** Where those partitions are that have not been read up to these ends. */
  private Map<TopicPartition, Long> unread(Map<TopicPartition, Long> ends) {
    Map<TopicPartition, Long> unread = new HashMap<>();
    ends.forEach(
        (partition, end) -> {
          long position = source.position(partition);
          if (position < end) {
            unread.put(partition, position);
          }
        });
    return unread;
  }

  /** Starts a thread that reads until {@link #close}. */
  public void start(String threadName, Listener<T> listener) {
    reader = new Thread(() -> read(listener), threadName);
    reader.setDaemon(true);
    reader.start();
  }

  private void read(Listener<T> listener) {
    try (source) {
      while (true) {
        ConsumerRecords<T, T> records = source.poll(POLL);
        long now = System.nanoTime();
        for (ConsumerRecord<T, T> record : records) {
          listener.verdict(record, now);
        }
      }
    } catch (WakeupException e) {
      // close() was called.
    } catch (RuntimeException e) {
      failure = e;
    } catch (OutOfMemoryError e) {
      // Or whoever waits for verdicts would wait for ever.
      failure = new IllegalStateException("no memory for what was read: " + e.getMessage(), e);
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

  /** Ends the thread if there is one, and closes the source. */
  @Override
  public void close() {
    if (reader == null) {
      source.close();
      return;
    }
    source.wakeup();
    try {
      reader.join();
    } catch (InterruptedException e) {
      // The reader ends all the same.
      Thread.currentThread().interrupt();
    }
  }
}
