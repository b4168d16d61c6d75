package io.turnstile.systemtests.harness;

import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/**
 * A {@code read_committed} reader of all verdicts that never stops. For each partition it remembers
 * the number of verdicts and a digest of them in their order: two readers that saw the same agree.
 */
public final class VerdictFollower implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(100);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Thread thread = new Thread(this::follow, "verdict-follower");
  private final Map<TopicPartition, Seen> seen = new HashMap<>();
  private final Map<Integer, Long> newestInput = new ConcurrentHashMap<>();
  private final AtomicLong count = new AtomicLong();
  private final Object silence = new Object();
  private long lastNanos = System.nanoTime();
  private long silenceNanos;
  private volatile boolean closed;
  private volatile RuntimeException failure;

  /** The verdicts seen in one partition. */
  private static final class Seen {
    private final MessageDigest digest;
    private long records;
    private long lastOffset = -1;

    Seen() {
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }

    void add(ConsumerRecord<byte[], byte[]> record) {
      if (record.offset() <= lastOffset) {
        throw new IllegalStateException(
            "%s-%d: offset %d came after %d"
                .formatted(record.topic(), record.partition(), record.offset(), lastOffset));
      }
      lastOffset = record.offset();
      records++;
      digest.update(Long.toString(record.offset()).getBytes(StandardCharsets.US_ASCII));
      for (Header header : record.headers()) {
        digest.update(header.value());
      }
      if (record.value() != null) {
        digest.update(record.value());
      }
    }
  }

  /** Begins to read at the beginning. */
  public VerdictFollower(String bootstrapServers, TopicNames topics, int lanes) {
    consumer = VerdictReader.atTheBeginning(bootstrapServers, topics, lanes);
    consumer.assignment().forEach(partition -> seen.put(partition, new Seen()));
    thread.start();
  }

  private void follow() {
    try (consumer) {
      while (!closed) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        if (!records.isEmpty()) {
          breakSilence();
        }
        records.forEach(this::add);
      }
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  private void add(ConsumerRecord<byte[], byte[]> record) {
    seen.get(new TopicPartition(record.topic(), record.partition())).add(record);
    SourcePosition input = VerdictHeaders.position(record.headers());
    newestInput.merge(input.partition(), input.offset(), Math::max);
    count.incrementAndGet();
  }

  /** The number of verdicts that it saw so far. */
  public long count() {
    if (failure != null) {
      throw failure;
    }
    return count.get();
  }

  private void breakSilence() {
    synchronized (silence) {
      long now = System.nanoTime();
      silenceNanos = Math.max(silenceNanos, now - lastNanos);
      lastNanos = now;
    }
  }

  /** Forgets how long no verdict has come up to now. */
  public void forgetSilence() {
    synchronized (silence) {
      lastNanos = System.nanoTime();
      silenceNanos = 0;
    }
  }

  /** The longest time since then for which no verdict came, while more came after it. */
  public Duration longestSilence() {
    synchronized (silence) {
      return Duration.ofNanos(silenceNanos);
    }
  }

  /** True if it saw the verdict of that input or of one behind it in the same partition. */
  public boolean hasCome(SourcePosition input) {
    return newestInput.getOrDefault(input.partition(), -1L) >= input.offset();
  }

  /** Ends the reading. Returns a description of what it saw in every partition, to compare. */
  public Map<String, String> end() {
    close();
    count();
    Map<String, String> words = new TreeMap<>();
    seen.forEach(
        (partition, one) ->
            words.put(
                partition.toString(),
                one.records + " verdicts, " + HexFormat.of().formatHex(one.digest.digest())));
    return words;
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
