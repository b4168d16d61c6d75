package io.turnstile.cli;

import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.SimulationListener;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads the committed verdicts of transactions that this JVM sends, and measures how long each took
 * from its intended send time to the return of the poll that gave its verdict. Thread-safe.
 *
 * <p>A send's acknowledgement and its verdict are joined on the source position, whichever comes
 * first.
 */
final class VerdictProbe implements SimulationListener, AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(100);

  /** Latencies in microseconds, to 1 %. */
  private static final int DIGITS = 2;

  private final Consumer<byte[], byte[]> consumer;
  private final Thread reader = new Thread(this::read, "verdict-probe");
  private final Recorder latency = new Recorder(DIGITS);

  /** Positions of which one half is known: the intended send time, or when the verdict came. */
  private final ConcurrentMap<SourcePosition, Long> halves = new ConcurrentHashMap<>();

  private final ConcurrentMap<String, LongAdder> verdictsByCode = new ConcurrentHashMap<>();
  private final LongAdder sent = new LongAdder();
  private final LongAdder answered = new LongAdder();
  private volatile long killedNanos = Long.MAX_VALUE;
  private volatile long firstAfterKillNanos = Long.MAX_VALUE;
  private volatile RuntimeException failure;

  /**
   * Starts to read at the beginning of the topics.
   *
   * @param bootstrapServers of the brokers
   */
  VerdictProbe(String bootstrapServers, TopicNames topics) {
    consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false,
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                10_000),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    consumer.assign(
        topics.verdicts().stream()
            .flatMap(topic -> consumer.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList());
    consumer.seekToBeginning(consumer.assignment());
    reader.start();
  }

  @Override
  public void onSent(long seq, long intendedNanos, SourcePosition position) {
    sent.increment();
    Long verdict = halves.putIfAbsent(position, intendedNanos);
    if (verdict != null) {
      join(position, intendedNanos, verdict);
    }
  }

  /** From now on, the first verdict of a transaction that is sent later is looked out for. */
  void killed(long nanos) {
    killedNanos = nanos;
  }

  /** When that verdict came, {@link Long#MAX_VALUE} if it did not yet. */
  long firstAfterKillNanos() {
    return firstAfterKillNanos;
  }

  /** Transactions acknowledged. */
  long sent() {
    return sent.sum();
  }

  /** Transactions acknowledged whose verdict has come. */
  long answered() {
    return answered.sum();
  }

  /** Verdicts by code, in the terms of a ledger. */
  SortedMap<String, Long> verdicts() {
    SortedMap<String, Long> counts = new TreeMap<>();
    verdictsByCode.forEach((code, count) -> counts.put(code, count.sum()));
    return counts;
  }

  /**
   * The latencies, in microseconds, since this was last asked. For one thread.
   *
   * @throws RuntimeException if the verdicts cannot be read any more
   */
  Histogram takeLatencies() {
    if (failure != null) {
      throw failure;
    }
    return latency.getIntervalHistogram();
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
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        long now = System.nanoTime();
        for (ConsumerRecord<byte[], byte[]> record : records) {
          VerdictSeen verdict = VerdictSeen.of(record);
          verdictsByCode.computeIfAbsent(verdict.code(), code -> new LongAdder()).increment();
          Long intended = halves.putIfAbsent(verdict.position(), now);
          if (intended != null) {
            join(verdict.position(), intended, now);
          }
        }
      }
    } catch (WakeupException e) {
      // close() was called.
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  private void join(SourcePosition position, long intendedNanos, long verdictNanos) {
    halves.remove(position);
    answered.increment();
    latency.recordValue(Math.max(0, TimeUnit.NANOSECONDS.toMicros(verdictNanos - intendedNanos)));
    if (intendedNanos > killedNanos && firstAfterKillNanos == Long.MAX_VALUE) {
      firstAfterKillNanos = verdictNanos;
    }
  }
}
