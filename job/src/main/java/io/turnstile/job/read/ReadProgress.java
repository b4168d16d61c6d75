package io.turnstile.job.read;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches a reading that has to reach an end: says what holds it up, and gives it up after a while.
 * Not thread-safe.
 */
final class ReadProgress {

  /** A reading without progress is said to be held up this often. */
  static final Duration WARN_EVERY = Duration.ofSeconds(10);

  /** A reading without progress for this long is given up: a new attempt asks anew for leaders. */
  static final Duration GIVE_UP_AFTER = Duration.ofSeconds(60);

  private static final Logger LOG = LoggerFactory.getLogger(ReadProgress.class);

  private final String topic;
  private final LongSupplier nanoTime;
  private Map<TopicPartition, Long> last = Map.of();
  private long lastProgress;
  private long lastWarning;

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  ReadProgress(String topic, LongSupplier nanoTime) {
    this.topic = topic;
    this.nanoTime = nanoTime;
  }

  /**
   * Takes note of how far the reading is; to be called often.
   *
   * @param positions of the partitions that are not at their end
   * @throws IOException if none of them has moved for a minute
   */
  void at(Map<TopicPartition, Long> positions) throws IOException {
    long now = nanoTime.getAsLong();
    if (!positions.equals(last)) {
      last = Map.copyOf(positions);
      lastProgress = now;
      lastWarning = now;
      return;
    }
    long seconds = Duration.ofNanos(now - lastProgress).toSeconds();
    if (seconds >= GIVE_UP_AFTER.toSeconds()) {
      throw new IOException(heldUp(seconds));
    }
    if (now - lastWarning >= WARN_EVERY.toNanos()) {
      lastWarning = now;
      LOG.warn("{}", heldUp(seconds));
    }
  }

  private String heldUp(long seconds) {
    Map<Integer, Long> offsets = new TreeMap<>();
    last.forEach((partition, offset) -> offsets.put(partition.partition(), offset));
    return "no progress for "
        + seconds
        + " s in reading "
        + topic
        + ", at these offsets by partition: "
        + offsets;
  }
}
