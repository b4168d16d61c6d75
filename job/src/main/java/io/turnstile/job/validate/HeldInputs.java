package io.turnstile.job.validate;

import io.turnstile.job.read.InputRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.common.header.Header;

/** Inputs that wait, the first first; bounded in number and bytes. */
final class HeldInputs {

  static final int MAX_INPUTS = 1_000;

  private static final long MAX_BYTES = 16L << 20;

  /** Memory that a header takes besides its name and value, in bytes. */
  private static final int HEADER_OVERHEAD = 150;

  private final Deque<InputRecord> inputs = new ArrayDeque<>();
  private long bytes;

  /**
   * Takes it also if that is too much: it is for the caller to make room. It keeps its headers, of
   * which it has few: a later build that is stricter makes a dead letter of it.
   */
  void add(InputRecord input) {
    inputs.addLast(input);
    bytes += bytes(input);
  }

  InputRecord first() {
    return inputs.getFirst();
  }

  void removeFirst() {
    bytes -= bytes(inputs.removeFirst());
  }

  int size() {
    return inputs.size();
  }

  /** Returns whether no more should be added. Never true when nothing waits. */
  boolean isFull() {
    return inputs.size() >= MAX_INPUTS || (bytes >= MAX_BYTES && !inputs.isEmpty());
  }

  List<InputRecord> all() {
    return new ArrayList<>(inputs);
  }

  private static long bytes(InputRecord input) {
    long sum = (input.key() == null ? 0L : input.key().length) + input.value().length;
    for (Header header : input.headers()) {
      sum += HEADER_OVERHEAD + header.key().length();
      sum += header.value() == null ? 0 : header.value().length;
    }
    return sum;
  }
}
