package io.turnstile.audit;

import io.turnstile.events.Outcome;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * The sequence numbers of one lane over its three topics: a compressed bitmap, one bit a verdict at
 * worst. Thread-safe.
 */
final class LaneSequence {

  private final int lane;
  private final Roaring64Bitmap seen = new Roaring64Bitmap();
  private final Map<Outcome, Long> first = new EnumMap<>(Outcome.class);
  private long highest = Long.MIN_VALUE;
  private long settled = Long.MIN_VALUE;

  LaneSequence(int lane) {
    this.lane = lane;
  }

  /** Notes a number; false if it was there before. */
  synchronized boolean add(Outcome topic, long sequence) {
    first.putIfAbsent(topic, sequence);
    highest = Math.max(highest, sequence);
    if (seen.contains(sequence)) {
      return false;
    }
    seen.addLong(sequence);
    return true;
  }

  /** Says that all numbers so far will have been read when the lane has been read to its end. */
  synchronized void settle() {
    settled = highest;
  }

  /** Takes {@link #settle} back. */
  synchronized void unsettle() {
    settled = Long.MIN_VALUE;
  }

  /** Whether the lane has sequence numbers. */
  synchronized boolean present() {
    return !seen.isEmpty();
  }

  /**
   * The first gap, described in one line.
   *
   * @param incomplete the topics that were not read from their first record: a number below the
   *     first one seen there may have stood there
   */
  synchronized Optional<String> gap(Iterable<Outcome> incomplete) {
    if (seen.isEmpty()) {
      return Optional.empty();
    }
    long floor = seen.first();
    for (Outcome topic : incomplete) {
      floor = Math.max(floor, first.getOrDefault(topic, Long.MAX_VALUE));
    }
    if (floor > settled) {
      return Optional.empty();
    }
    // The floor is a number seen, so it counts itself.
    long missing = settled - floor - (seen.rankLong(settled) - seen.rankLong(floor));
    if (missing == 0) {
      return Optional.empty();
    }
    long number = floor;
    while (seen.contains(number)) {
      number++;
    }
    return Optional.of(
        "%d lane-seq missing in lane %d between %d and %d, the first is %d"
            .formatted(missing, lane, floor, settled, number));
  }
}
