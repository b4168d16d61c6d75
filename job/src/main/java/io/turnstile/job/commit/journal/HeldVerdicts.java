package io.turnstile.job.commit.journal;

import io.turnstile.job.decide.Verdict;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.common.header.Header;

/** Verdicts decided while a commit is in flight, first in first out. Not thread-safe. */
final class HeldVerdicts {

  /** A verdict's memory besides key, value and headers. */
  private static final int OVERHEAD_BYTES = 256;

  /** A header's memory besides its name and value. */
  private static final int HEADER_OVERHEAD_BYTES = 150;

  private final Deque<Verdict> verdicts = new ArrayDeque<>();
  private long bytes;

  void add(Verdict verdict) {
    verdicts.add(verdict);
    bytes += sizeOf(verdict);
  }

  /** Removes the oldest; null if there is none. */
  Verdict poll() {
    Verdict verdict = verdicts.poll();
    if (verdict != null) {
      bytes -= sizeOf(verdict);
    }
    return verdict;
  }

  int size() {
    return verdicts.size();
  }

  /** Memory that they take, roughly. */
  long bytes() {
    return bytes;
  }

  /** Memory that one takes, roughly, in bytes. */
  static long sizeOf(Verdict verdict) {
    long bytes = OVERHEAD_BYTES + length(verdict.key()) + length(verdict.value());
    for (Header header : verdict.inputHeaders()) {
      bytes += HEADER_OVERHEAD_BYTES + header.key().length() + length(header.value());
    }
    return bytes;
  }

  private static long length(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }
}
