package io.turnstile.simulator;

import io.turnstile.events.Rejected;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictCodec;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client's side of token refresh: reads the rejected verdicts from now on and gives back, of
 * the transactions it remembers, those that may be sent again. Thread-safe; reads on a thread of
 * its own.
 */
final class RetryClient implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RetryClient.class);

  /** How often one transaction is sent, the first time included. */
  static final int MAX_ATTEMPTS = 3;

  private static final Duration POLL = Duration.ofMillis(100);

  /**
   * A transaction to be sent again.
   *
   * @param attempt which attempt that is, from 2
   * @param expected whether its rejection was to be expected
   */
  record Retry(Transaction transaction, int attempt, boolean expected) {}

  private record Key(String customerId, String transactionId) {}

  private final Consumer<byte[], byte[]> consumer;

  /** Those whose rejection is to be expected; the others, many more, must not displace them. */
  private final Map<Key, Retry> expected;

  private final Map<Key, Retry> others;
  private long forgotten;
  private final Queue<Retry> due = new ConcurrentLinkedQueue<>();
  private final Thread reader = new Thread(this::read, "retry-client");
  private volatile RuntimeException failure;

  /**
   * Starts to read at the end of the topic as it is now.
   *
   * @param consumer reads committed records; closed with the client
   * @param capacity how many transactions are remembered, of those whose rejection is to be
   *     expected and of the others; the oldest is forgotten first
   */
  RetryClient(Consumer<byte[], byte[]> consumer, String rejectedTopic, int capacity) {
    this.consumer = consumer;
    expected =
        new LinkedHashMap<>() {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, Retry> eldest) {
            boolean full = size() > capacity;
            forgotten += full ? 1 : 0;
            return full;
          }
        };
    others =
        new LinkedHashMap<>() {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, Retry> eldest) {
            return size() > capacity;
          }
        };
    List<TopicPartition> partitions =
        consumer.partitionsFor(rejectedTopic).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    // Seeking is lazy: without this, what is rejected before the first poll would be skipped.
    partitions.forEach(consumer::position);
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Remembers a transaction that is about to be sent.
   *
   * @param attempt for which time it is sent, from 1
   * @param rejectionExpected whether it will be turned away, and may then be sent again
   */
  synchronized void remember(Transaction transaction, int attempt, boolean rejectionExpected) {
    if (attempt < MAX_ATTEMPTS) {
      (rejectionExpected ? expected : others)
          .put(key(transaction), new Retry(transaction, attempt + 1, rejectionExpected));
    }
  }

  /** How many whose rejection is to be expected will not be sent again: they were too many. */
  synchronized long forgotten() {
    return forgotten;
  }

  private synchronized Retry recall(Key key) {
    Retry retry = expected.remove(key);
    return retry == null ? others.remove(key) : retry;
  }

  /**
   * The next transaction to be sent again, or null if there is none now.
   *
   * @throws RuntimeException if the verdicts cannot be read any more
   */
  Retry poll() {
    if (failure != null) {
      throw failure;
    }
    return due.poll();
  }

  @Override
  public void close() {
    consumer.wakeup();
    try {
      reader.join();
    } catch (InterruptedException e) {
      // The reader ends all the same.
      Thread.currentThread().interrupt();
    }
  }

  private void read() {
    try (consumer) {
      while (true) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          Rejected rejected = decode(record);
          if (rejected != null && rejected.reason().retryable()) {
            Retry retry = recall(new Key(rejected.customerId(), rejected.transactionId()));
            if (retry != null) {
              due.add(retry);
            }
          }
        }
      }
    } catch (WakeupException e) {
      // close() was called.
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  private static Rejected decode(ConsumerRecord<byte[], byte[]> record) {
    try {
      return VerdictCodec.decodeRejected(record.value());
    } catch (IllegalArgumentException e) {
      LOG.warn(
          "no rejected verdict at {}/{}/{}: {}",
          record.topic(),
          record.partition(),
          record.offset(),
          e.getMessage());
      return null;
    }
  }

  private static Key key(Transaction transaction) {
    return new Key(transaction.customerId(), transaction.transactionId());
  }
}
