package io.turnstile.audit;

import java.util.TreeMap;

/**
 * Finds what was accepted twice within the dedup window, in one lane.
 *
 * <p>Verdicts of one lane come nearly in the order of {@code received_at}, not exactly: source
 * partitions are read at different speeds. An acceptance is forgotten when it is older than the
 * newest by more than the window and a slack. That is safe as long as no acceptance comes later
 * than the slack allows: {@link #disorder()} says how late one came, and when that is more than the
 * slack, the lane has to be read again with a slack of at least that. So the result is exact in any
 * order, and memory (24 bytes an acceptance) holds what one window and the slack hold.
 *
 * <p>Not thread-safe.
 */
final class AcceptanceWindow {

  private static final long LOW = 0xFFFF_FFFFL;

  private final long window;
  private final long slack;
  private final long width;
  private final TreeMap<Long, LongLongMap> buckets = new TreeMap<>();
  private long newest = Long.MIN_VALUE;
  private long disorder;

  /**
   * @param window milliseconds, below 2^60; two acceptances closer than this are one too many
   * @param slack milliseconds by which an acceptance may be older than one before it
   */
  AcceptanceWindow(long window, long slack) {
    this.window = window;
    this.slack = slack;
    // Half a window at most: within a bucket, all are too close. The offset in it has 31 bits.
    this.width = Math.max(1, Math.min(window / 2, Integer.MAX_VALUE));
  }

  /**
   * Adds an acceptance.
   *
   * @param id hash of customer and transaction id
   * @param receivedAt epoch milliseconds, not negative and below 2^60
   * @return true if the same was accepted before within the window
   */
  boolean add(long id, long receivedAt) {
    if (receivedAt > newest) {
      newest = receivedAt;
      buckets.headMap(bucket(newest - window - slack)).clear();
    } else {
      disorder = Math.max(disorder, newest - receivedAt);
    }
    boolean twice = false;
    long last = bucket(receivedAt + window);
    for (long bucket = bucket(receivedAt - window); bucket <= last; bucket++) {
      LongLongMap held = buckets.get(bucket);
      long times = held == null ? LongLongMap.ABSENT : held.get(id);
      if (times != LongLongMap.ABSENT) {
        long first = bucket * width + (times >>> 32);
        long latest = bucket * width + (times & LOW);
        twice |= receivedAt - latest < window && first - receivedAt < window;
      }
    }
    long bucket = bucket(receivedAt);
    hold(buckets.computeIfAbsent(bucket, b -> new LongLongMap()), id, receivedAt - bucket * width);
    return twice;
  }

  /** Notes the first and the latest time of an id in a bucket: what is near to any, is to one. */
  private static void hold(LongLongMap bucket, long id, long offset) {
    long times = bucket.putIfAbsent(id, offset << 32 | offset);
    if (times != LongLongMap.ABSENT) {
      bucket.put(id, Math.min(times >>> 32, offset) << 32 | Math.max(times & LOW, offset));
    }
  }

  /** The most milliseconds by which an acceptance was older than one before it. */
  long disorder() {
    return disorder;
  }

  /** Acceptances held. */
  int size() {
    return buckets.values().stream().mapToInt(LongLongMap::size).sum();
  }

  private long bucket(long time) {
    return Math.floorDiv(time, width);
  }
}
