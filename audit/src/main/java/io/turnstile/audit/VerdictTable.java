package io.turnstile.audit;

/**
 * Which inputs of one source partition have a verdict, and which.
 *
 * <p>One byte for each offset in the range, allocated in chunks as verdicts come, and one sum for
 * each chunk: the fingerprints of all first verdicts about its inputs. The reader of the inputs
 * adds up what the verdicts should say; where both sums agree, every verdict of the chunk says what
 * its input demands (but for one chance in 2^64), in whatever order the two were read. That is how
 * contents are compared without holding any. Thread-safe.
 */
final class VerdictTable {

  /** Offsets in a chunk. */
  static final int CHUNK = 1024;

  /** No verdict. */
  static final int NONE = -1;

  /** A verdict whose fault is already reported: there is nothing to compare. */
  static final int FAULTY = -2;

  private static final int AWAITED = -3;

  /** Makes {@link #NONE} the zero of a fresh chunk. */
  private static final int BIAS = 1;

  private final long start;
  private final long end;
  private final byte[][] marks;
  private final long[] sums;
  private long awaited;
  private long frontier = -1;

  /**
   * @param start the first offset in the range
   * @param end the offset behind the last
   */
  VerdictTable(long start, long end) {
    this.start = start;
    this.end = end;
    int chunks = Math.toIntExact((end - start + CHUNK - 1) / CHUNK);
    marks = new byte[chunks][];
    sums = new long[chunks];
  }

  long start() {
    return start;
  }

  long end() {
    return end;
  }

  boolean contains(long offset) {
    return offset >= start && offset < end;
  }

  /**
   * Notes a verdict.
   *
   * @param code an {@link OutcomeCode}, or {@link #FAULTY}
   * @param fingerprint what the verdict says
   * @return whether it is the first about this input; a second one changes nothing
   */
  synchronized boolean decide(long offset, int code, long fingerprint) {
    int before = mark(offset);
    if (before != NONE && before != AWAITED) {
      return false;
    }
    if (before == AWAITED) {
      awaited--;
    }
    set(offset, code);
    if (code != FAULTY) {
      sums[chunk(offset)] += fingerprint;
    }
    frontier = Math.max(frontier, offset);
    return true;
  }

  /** The {@link OutcomeCode} of the verdict about an input, {@link #FAULTY} or {@link #NONE}. */
  synchronized int verdict(long offset) {
    int mark = mark(offset);
    return mark == AWAITED ? NONE : mark;
  }

  /** Notes that there is an input and no verdict about it yet. */
  synchronized void await(long offset) {
    if (mark(offset) == NONE) {
      set(offset, AWAITED);
      awaited++;
    }
  }

  /** Inputs whose verdicts are still awaited. */
  synchronized long awaited() {
    return awaited;
  }

  /** The highest offset with a verdict, -1 if there is none. */
  synchronized long frontier() {
    return frontier;
  }

  /** The chunk of an offset in the range. */
  int chunk(long offset) {
    return (int) ((offset - start) / CHUNK);
  }

  /** The first offset of a chunk. */
  long chunkStart(int chunk) {
    return start + (long) chunk * CHUNK;
  }

  /** The fingerprints of the chunk's verdicts, added up modulo 2^64. */
  synchronized long sum(int chunk) {
    return sums[chunk];
  }

  private int mark(long offset) {
    byte[] chunk = marks[chunk(offset)];
    return chunk == null ? NONE : chunk[(int) ((offset - start) % CHUNK)] - BIAS;
  }

  private void set(long offset, int mark) {
    int index = chunk(offset);
    if (marks[index] == null) {
      marks[index] = new byte[CHUNK];
    }
    marks[index][(int) ((offset - start) % CHUNK)] = (byte) (mark + BIAS);
  }
}
