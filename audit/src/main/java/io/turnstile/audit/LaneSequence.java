package io.turnstile.audit;

import io.turnstile.events.Outcome;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * The sequence numbers of one lane over its three topics: a compressed bitmap, one bit a verdict at
 * worst. Thread-safe.
 */
final class LaneSequence {

  /** The number of the first verdict of a lane. */
  private static final long FIRST = 1;

  private final int lane;
  private final Roaring64Bitmap seen = new Roaring64Bitmap();
  private final Map<Outcome, Long> first = new EnumMap<>(Outcome.class);
  private long highest = Long.MIN_VALUE;
  private long settled = Long.MIN_VALUE;
  private long numberedSince = Long.MAX_VALUE;
  private long unnumberedUntil = Long.MIN_VALUE;
  private String lastUnnumbered;

  LaneSequence(int lane) {
    this.lane = lane;
  }

  /**
   * Notes a number.
   *
   * @param appendedAt the verdict's append time, epoch milliseconds
   * @return false if it was there before
   */
  synchronized boolean add(Outcome topic, long number, long appendedAt) {
    first.putIfAbsent(topic, number);
    highest = Math.max(highest, number);
    numberedSince = Math.min(numberedSince, appendedAt);
    if (seen.contains(number)) {
      return false;
    }
    seen.addLong(number);
    return true;
  }

  /**
   * Notes a verdict without number.
   *
   * @param place {@code topic/partition/offset}
   */
  synchronized void addUnnumbered(long appendedAt, String place) {
    if (appendedAt >= unnumberedUntil) {
      unnumberedUntil = appendedAt;
      lastUnnumbered = place;
    }
  }

  /**
   * Notes the number of a verdict that is there, whether it was committed or not: it is not
   * missing.
   *
   * @return true if it would be otherwise
   */
  synchronized boolean addUncommitted(long number) {
    if (number > settled || seen.contains(number)) {
      return false;
    }
    seen.addLong(number);
    return true;
  }

  /**
   * Settles the numbers so far: the lane is about to be read to its end, and with it all of them.
   */
  synchronized void settle() {
    settled = highest;
  }

  /** Takes {@link #settle} back. */
  synchronized void unsettle() {
    settled = Long.MIN_VALUE;
  }

  /** True if the lane has numbers. */
  synchronized boolean present() {
    return !seen.isEmpty();
  }

  /**
   * The place of the last verdict without number, if one came after a verdict with a number. Those
   * before are from another way to commit.
   */
  synchronized Optional<String> unnumbered() {
    return Optional.ofNullable(lastUnnumbered).filter(place -> unnumberedUntil > numberedSince);
  }

  /**
   * The numbers missing, described in one line.
   *
   * @param incomplete the topics that were not read from their first record: a number below the
   *     first one seen there may have been there
   */
  synchronized Optional<String> gap(Set<Outcome> incomplete) {
    if (seen.isEmpty()) {
      return Optional.empty();
    }
    long floor = seen.first();
    if (incomplete.isEmpty()) {
      floor = Math.min(floor, FIRST);
    }
    for (Outcome topic : incomplete) {
      floor = Math.max(floor, first.getOrDefault(topic, Long.MAX_VALUE));
    }
    if (floor > settled) {
      return Optional.empty();
    }
    long below = seen.rankLong(floor) - (seen.contains(floor) ? 1 : 0);
    long missing = settled - floor + 1 - (seen.rankLong(settled) - below);
    if (missing == 0) {
      return Optional.empty();
    }
    long number = floor;
    while (seen.contains(number)) {
      number++;
    }
    return Optional.of(
        "lane %d lacks %d lane-seq between %d and %d, the first is %d"
            .formatted(lane, missing, floor, settled, number));
  }
}
