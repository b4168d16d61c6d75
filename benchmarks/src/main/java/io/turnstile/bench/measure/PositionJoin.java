package io.turnstile.bench.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Joins what is known of an input by its position: when it was meant to be sent, from the send's
 * acknowledgement, and when its verdict came. Whichever comes first is parked. Thread-safe.
 *
 * <p>Takes 8 bytes for each input until it and its neighbours have both halves: the offsets of the
 * inputs' partitions are dense.
 */
final class PositionJoin {

  /** Hears of each input once both halves are known, in no particular order. */
  interface Listener {
    /**
     * Takes one input.
     *
     * @param intendedNanos when it was meant to be sent
     * @param verdictNanos when its verdict came
     */
    void joined(long intendedNanos, long verdictNanos);
  }

  private static final int CHUNK_BITS = 12;
  private static final int CHUNK = 1 << CHUNK_BITS;

  /** One that is done with, as all its inputs are joined. */
  private static final Chunk JOINED = new Chunk();

  /** Times are kept as distances from this one, which lies before them all: never 0. */
  private final long epoch = System.nanoTime() - TimeUnit.HOURS.toNanos(1);

  private final Listener listener;
  private final List<List<Chunk>> partitions = new ArrayList<>();
  private long sent;
  private long joined;
  private long parked;

  PositionJoin(Listener listener) {
    this.listener = listener;
  }

  /** A send was acknowledged. */
  synchronized void sent(int partition, long offset, long intendedNanos) {
    sent++;
    long verdict = put(partition, offset, intendedNanos - epoch, true);
    if (verdict != 0) {
      parked--;
      listener.joined(intendedNanos, verdict + epoch);
    }
  }

  /** A verdict came. A second one for the same input is ignored; finding it is not our task. */
  synchronized void verdict(int partition, long offset, long nanos) {
    long intended = put(partition, offset, nanos - epoch, false);
    if (intended != 0) {
      listener.joined(intended + epoch, nanos);
    }
  }

  /** Sends acknowledged. */
  synchronized long sent() {
    return sent;
  }

  /** Sends acknowledged whose verdict has come. */
  synchronized long joined() {
    return joined;
  }

  /** Verdicts that came before their input's acknowledgement, and still wait for it. */
  synchronized long parked() {
    return parked;
  }

  /** Notes one half, positive; returns the other half if this completes the input, else 0. */
  private long put(int partition, long offset, long half, boolean isSend) {
    while (partitions.size() <= partition) {
      partitions.add(new ArrayList<>());
    }
    List<Chunk> chunks = partitions.get(partition);
    int index = Math.toIntExact(offset >>> CHUNK_BITS);
    while (chunks.size() <= index) {
      chunks.add(null);
    }
    Chunk chunk = chunks.get(index);
    if (chunk == JOINED) {
      return 0;
    }
    if (chunk == null) {
      chunk = new Chunk();
      chunk.halves = new long[CHUNK];
      chunks.set(index, chunk);
    }
    int slot = (int) offset & (CHUNK - 1);
    long other = chunk.halves[slot];
    if (other == 0) {
      // A verdict that came first is told by its sign.
      chunk.halves[slot] = isSend ? half : -half;
      parked += isSend ? 0 : 1;
      return 0;
    }
    if (other == Long.MIN_VALUE || other > 0 == isSend) {
      return 0;
    }
    chunk.halves[slot] = Long.MIN_VALUE;
    joined++;
    if (++chunk.joined == CHUNK) {
      chunks.set(index, JOINED);
    }
    return Math.abs(other);
  }

  /** Neighbouring inputs of a partition. */
  private static final class Chunk {
    private long[] halves;
    private int joined;
  }
}
