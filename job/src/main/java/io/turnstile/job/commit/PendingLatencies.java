package io.turnstile.job.commit;

import java.util.Arrays;

/**
 * The append times of inputs whose verdicts wait to be committed, batch by batch. Inputs of the
 * same millisecond take one place, and places are used again: nothing is allocated in the long run,
 * and what a backlog needed is given back. Not thread-safe.
 */
public final class PendingLatencies {

  private static final int CAPACITY = 256;

  /** Room is given back where a commit finds that only one part in this many was used. */
  private static final int SPARE = 8;

  private final CommittedLatency latency;
  private long[] times = new long[CAPACITY];
  private long[] inputs = new long[CAPACITY];
  private int size;

  /** Places before it belong to batches that are closed. */
  private int closed;

  /** Places given free so far. */
  private long freed;

  public PendingLatencies(CommittedLatency latency) {
    this.latency = latency;
  }

  /** A verdict joins the open batch. */
  public void add(long receivedAt) {
    if (size > closed && times[size - 1] == receivedAt) {
      inputs[size - 1]++;
      return;
    }
    if (size == times.length) {
      resize(2 * size);
    }
    times[size] = receivedAt;
    inputs[size] = 1;
    size++;
  }

  /** Closes the batch and opens the next one; what is returned is for {@link #committed}. */
  public long close() {
    closed = size;
    return freed + size;
  }

  /**
   * A batch and all before it are committed.
   *
   * @param batch what {@link #close} returned
   */
  public void committed(long batch, long now) {
    int places = (int) (batch - freed);
    int used = size;
    for (int i = 0; i < places; i++) {
      latency.add(now - times[i], inputs[i]);
    }
    System.arraycopy(times, places, times, 0, size - places);
    System.arraycopy(inputs, places, inputs, 0, size - places);
    size -= places;
    closed -= places;
    freed += places;
    if (times.length > CAPACITY && used <= times.length / SPARE) {
      resize(times.length / 2);
    }
  }

  private void resize(int capacity) {
    times = Arrays.copyOf(times, capacity);
    inputs = Arrays.copyOf(inputs, capacity);
  }

  /** The number of places. */
  int capacity() {
    return times.length;
  }
}
