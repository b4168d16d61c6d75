package io.turnstile.bench.measure;

import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.simulator.SimulationListener;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;

/**
 * Reads the committed verdicts of the transactions that this JVM sends, and times them by the
 * return of the poll that gave them. Reads nothing but their headers. Thread-safe.
 *
 * <p>A send's acknowledgement and its verdict are joined on the source position, whichever comes
 * first.
 */
public final class VerdictProbe implements SimulationListener, AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(100);
  private static final int MAX_RECORDS = 20_000;

  private final Consumer<ByteBuffer, ByteBuffer> consumer;
  private final Thread reader = new Thread(this::read, "verdict-probe");
  private final PositionJoin join =
      new PositionJoin((intended, verdict) -> this.listener.joined(intended, verdict));
  private volatile VerdictListener listener;
  private volatile RuntimeException failure;

  /**
   * Starts to read.
   *
   * @param client Kafka client properties, the brokers among them
   * @param fromNowOn whether to leave out the verdicts that are there already
   * @param listener hears what is sent and decided until {@link #tell} names another
   */
  public VerdictProbe(
      Map<String, Object> client, TopicNames topics, boolean fromNowOn, VerdictListener listener) {
    this.listener = listener;
    Map<String, Object> config = new HashMap<>(client);
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_RECORDS);
    // The audit reads everything again.
    config.put(ConsumerConfig.CHECK_CRCS_CONFIG, false);
    // These give out the bytes as they came, without a copy.
    consumer =
        new KafkaConsumer<>(config, new ByteBufferDeserializer(), new ByteBufferDeserializer());
    consumer.assign(
        topics.verdicts().stream()
            .flatMap(topic -> consumer.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList());
    if (fromNowOn) {
      consumer.seekToEnd(consumer.assignment());
      // Seeking is lazy: without this, what comes before the first poll would be left out.
      consumer.assignment().forEach(consumer::position);
    } else {
      consumer.seekToBeginning(consumer.assignment());
    }
    reader.start();
  }

  /** From now on, another listener hears what is sent and decided. */
  public void tell(VerdictListener next) {
    listener = next;
  }

  @Override
  public void onSent(long seq, long intendedNanos, SourcePosition position) {
    listener.sent(intendedNanos, System.nanoTime());
    join.sent(position.partition(), position.offset(), intendedNanos);
  }

  /** Transactions acknowledged. */
  public long sent() {
    return join.sent();
  }

  /** Transactions acknowledged whose verdict has come. */
  public long answered() {
    return join.joined();
  }

  /**
   * Fails if the verdicts cannot be read any more.
   *
   * @throws RuntimeException the reason
   */
  public void requireReading() {
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void close() {
    consumer.wakeup();
    try {
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void read() {
    try (consumer) {
      while (true) {
        ConsumerRecords<ByteBuffer, ByteBuffer> records = consumer.poll(POLL);
        long now = System.nanoTime();
        for (ConsumerRecord<ByteBuffer, ByteBuffer> record : records) {
          Headers headers = record.headers();
          join.verdict(
              (int) number(headers, VerdictHeaders.SOURCE_PARTITION),
              number(headers, VerdictHeaders.SOURCE_OFFSET),
              now);
          listener.verdict(record);
        }
      }
    } catch (WakeupException e) {
      // close() was called.
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  /**
   * A header's number, without making text of it first.
   *
   * @throws IllegalArgumentException if there is none
   */
  static long number(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    if (header == null || header.value() == null || header.value().length == 0) {
      throw new IllegalArgumentException("header " + name + " is missing");
    }
    long number = 0;
    for (byte digit : header.value()) {
      if (digit < '0' || digit > '9') {
        throw new IllegalArgumentException("header " + name + " is no number");
      }
      number = number * 10 + (digit - '0');
    }
    return number;
  }
}
