package io.turnstile.job.validate;

import io.turnstile.job.read.InputRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Inputs that wait, the first first; bounded in number and bytes. */
final class HeldInputs {

  static final int MAX_INPUTS = 1_000;

  private static final long MAX_BYTES = 16L << 20;

  private final Deque<InputRecord> inputs = new ArrayDeque<>();
  private long bytes;

  /** Takes it also if that is too much: it is for the caller to make room. */
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
    return (input.key() == null ? 0L : input.key().length) + input.value().length;
  }
}
