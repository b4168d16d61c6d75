package io.turnstile.audit;

/**
 * The verdicts about the inputs of one source partition, one at most for each.
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
  static final int NONE = -3;

  /** A verdict whose fault is already reported: there is nothing to compare. */
  static final int FAULTY = -1;

  private static final int AWAITED = -2;

  /** Makes {@link #NONE} the zero of a fresh chunk, and all marks positive. */
  private static final int BIAS = 3;

  /** Bit of a mark: there is more than one verdict. */
  private static final int DUPLICATED = 64;

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
   * @param fingerprint of what the verdict says
   * @return true if it is the first about this input; a second one changes nothing
   */
  synchronized boolean decide(long offset, int code, long fingerprint) {
    int before = mark(offset);
    if (before != NONE && before != AWAITED) {
      marks[chunk(offset)][index(offset)] |= DUPLICATED;
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

  /** True if there is more than one verdict about an input. */
  synchronized boolean isDuplicated(long offset) {
    byte[] chunk = marks[chunk(offset)];
    return chunk != null && (chunk[index(offset)] & DUPLICATED) != 0;
  }

  /** Notes that there is an input and no verdict about it yet. */
  synchronized void expect(long offset) {
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

  /** The index of an offset in the range within its chunk. */
  int index(long offset) {
    return (int) ((offset - start) % CHUNK);
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
    return chunk == null ? NONE : (chunk[index(offset)] & ~DUPLICATED) - BIAS;
  }

  private void set(long offset, int mark) {
    int chunk = chunk(offset);
    if (marks[chunk] == null) {
      marks[chunk] = new byte[CHUNK];
    }
    marks[chunk][index(offset)] = (byte) (mark + BIAS);
  }
}
