package io.turnstile.bench.measure;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Joins by the position of an input when it was meant to be sent and when its verdict came.
 * Whichever comes first is kept until then. Thread-safe.
 *
 * <p>Takes 8 bytes for each input until it and its neighbours have both: the offsets of the inputs'
 * partitions are dense.
 */
final class PositionJoin {

  /** Hears both times of each input, in no particular order of inputs. */
  interface Listener {
    void joined(int partition, long intendedNanos, long verdictNanos);
  }

  private static final int CHUNK_BITS = 12;
  private static final int CHUNK = 1 << CHUNK_BITS;

  /** Times of neighbouring inputs of a partition. */
  private static final class Chunk {
    private final long[] times = new long[CHUNK];
    private int joined;
  }

  /** Takes the place of those whose inputs are all joined. */
  private static final Chunk DONE = new Chunk();

  /** In the place of a time: the input is joined. */
  private static final long JOINED = Long.MIN_VALUE;

  /** Times are kept as distances from this one, which lies before them all: never 0. */
  private final long epoch = System.nanoTime() - TimeUnit.HOURS.toNanos(1);

  private final Listener listener;
  private final Map<Integer, List<Chunk>> partitions = new HashMap<>();
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
      listener.joined(partition, intendedNanos, verdict + epoch);
    }
  }

  /** A verdict came. A second one for the same input is ignored; finding it is not our task. */
  synchronized void verdict(int partition, long offset, long nanos) {
    long intended = put(partition, offset, nanos - epoch, false);
    if (intended != 0) {
      listener.joined(partition, intended + epoch, nanos);
    }
  }

  synchronized long sent() {
    return sent;
  }

  synchronized long joined() {
    return joined;
  }

  /** Verdicts that still wait for their input's acknowledgement. */
  synchronized long parked() {
    return parked;
  }

  /** Notes a time, positive; returns the other one if this completes the input, else 0. */
  private long put(int partition, long offset, long time, boolean isSend) {
    List<Chunk> chunks = partitions.computeIfAbsent(partition, ignored -> new ArrayList<>());
    int index = Math.toIntExact(offset >>> CHUNK_BITS);
    while (chunks.size() <= index) {
      chunks.add(null);
    }
    Chunk chunk = chunks.get(index);
    if (chunk == DONE) {
      return 0;
    } else if (chunk == null) {
      chunk = new Chunk();
      chunks.set(index, chunk);
    }
    int place = (int) offset & (CHUNK - 1);
    long other = chunk.times[place];
    if (other == 0) {
      // The time of a verdict is told by its sign.
      chunk.times[place] = isSend ? time : -time;
      parked += isSend ? 0 : 1;
      return 0;
    }
    if (other == JOINED || other > 0 == isSend) {
      return 0;
    }
    chunk.times[place] = JOINED;
    joined++;
    if (++chunk.joined == CHUNK) {
      chunks.set(index, DONE);
    }
    return Math.abs(other);
  }
}
