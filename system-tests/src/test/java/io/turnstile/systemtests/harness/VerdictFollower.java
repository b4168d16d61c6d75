package io.turnstile.systemtests.harness;

import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.SourcePosition;
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
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/**
 * A reader of all committed verdicts that never stops. For each partition it remembers the number
 * of verdicts and a digest of them in their order: two readers that saw the same agree.
 */
public final class VerdictFollower implements AutoCloseable {

  private final CommittedVerdicts<byte[]> verdicts;
  private final Map<TopicPartition, Seen> seen = new HashMap<>();
  private final Map<Integer, Long> newestInput = new ConcurrentHashMap<>();
  private final AtomicLong count = new AtomicLong();
  private final Object silence = new Object();
  private long lastNanos = System.nanoTime();
  private long silenceNanos;

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
        if (header.value() != null) {
          digest.update(header.value());
        }
      }
      if (record.value() != null) {
        digest.update(record.value());
      }
    }
  }

  /**
   * Begins to read at the beginning.
   *
   * @param verdicts closed with this
   */
  public VerdictFollower(CommittedVerdicts<byte[]> verdicts) {
    this.verdicts = verdicts;
    verdicts.seekToBeginning();
    verdicts.start("verdict-follower", (record, polledNanos) -> add(record));
  }

  private void add(ConsumerRecord<byte[], byte[]> record) {
    breakSilence();
    seen.computeIfAbsent(
            new TopicPartition(record.topic(), record.partition()), partition -> new Seen())
        .add(record);
    SourcePosition input = VerdictHeaders.position(record.headers());
    newestInput.merge(input.partition(), input.offset(), Math::max);
    count.incrementAndGet();
  }

  /** The number of verdicts that it saw so far. */
  public long count() {
    verdicts.requireReading();
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
    verdicts.close();
  }
}
