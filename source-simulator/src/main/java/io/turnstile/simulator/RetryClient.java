package io.turnstile.simulator;

import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.Rejected;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictCodec;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client's side of token refresh: reads the rejected verdicts from now on and gives back, of
 * the transactions it remembers, those that may be sent again. Thread-safe; reads on a thread of
 * its own.
 */
final class RetryClient implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RetryClient.class);

  /** Number of times that one transaction is sent, the first time included. */
  static final int MAX_ATTEMPTS = 3;

  /**
   * A transaction to be sent again.
   *
   * @param attempt which attempt that is, from 2
   * @param expected whether its rejection was to be expected
   */
  record Retry(Transaction transaction, int attempt, boolean expected) {}

  private record Key(String customerId, String transactionId) {}

  private final CommittedVerdicts<byte[]> rejections;

  /** Those whose rejection is to be expected; the others, many more, must not displace them. */
  private final Map<Key, Retry> expected;

  private final Map<Key, Retry> others;
  private long forgotten;
  private final Queue<Retry> due = new ConcurrentLinkedQueue<>();

  /**
   * Starts to read at their end as it is now.
   *
   * @param rejections rejected verdicts; closed with the client
   * @param capacity how many transactions are remembered, of those whose rejection is to be
   *     expected and of the others; the oldest is forgotten first
   */
  RetryClient(CommittedVerdicts<byte[]> rejections, int capacity) {
    this.rejections = rejections;
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
    rejections.seekToEnd();
    rejections.start("retry-client", (record, polledNanos) -> take(record));
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

  /** Number of expected rejections that will not be sent again: they were too many. */
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
    rejections.requireReading();
    return due.poll();
  }

  @Override
  public void close() {
    rejections.close();
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    Rejected rejected = decode(record);
    if (rejected != null && rejected.reason().retryable()) {
      Retry retry = recall(new Key(rejected.customerId(), rejected.transactionId()));
      if (retry != null) {
        due.add(retry);
      }
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
