package io.turnstile.job.decide;

import io.turnstile.job.validate.DecisionInput;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * The inputs of a subtask that stands by: holds those that the other job has not decided, and says
 * when it is ready to decide them itself. For the task thread.
 */
final class Standby {

  /** So many inputs are decided in no time. */
  static final long MAX_BEHIND = 500;

  /**
   * Until then, inputs that the other job has decided may still be missing because nothing has come
   * yet. Afterwards, a few may be missing because they wait.
   */
  static final long SETTLING_MILLIS = 5_000;

  /**
   * Whoever was full so long ago and has not got rid of half of it since is not going to: the other
   * job is dead, or slower than this one.
   */
  static final long PATIENCE_MILLIS = 2_000;

  private static final long MAX_HELD_BYTES = 64L << 20;

  private static final long NEVER = Long.MAX_VALUE;

  private record Held(DecisionInput input, int bytes) {}

  /** Tells whether an input is decided, and throws what goes wrong then. */
  @FunctionalInterface
  interface DecidedCheck {
    boolean isDecided(DecisionInput input) throws Exception;
  }

  private final long since;
  private final DataOutputSerializer scale = new DataOutputSerializer(1 << 10);
  private final Deque<Held> held = new ArrayDeque<>();
  private long heldBytes;
  private boolean arrived;

  /** When {@link #isStuck} first found it full, since it was last half empty. */
  private long fullSince = NEVER;

  /**
   * @param since when it began, epoch milliseconds
   */
  Standby(long since) {
    this.since = since;
  }

  /** An input has arrived, to be held or not. */
  void arrived() {
    arrived = true;
  }

  /** Takes it also if that is too much: it is for the caller to wait then. */
  void hold(DecisionInput input) throws IOException {
    scale.clear();
    DecisionInput.Serializer.INSTANCE.serialize(input, scale);
    held.add(new Held(input, scale.length()));
    heldBytes += scale.length();
  }

  /** Removes what is decided by now. */
  void removeDecided(DecidedCheck check) throws Exception {
    for (int left = held.size(); left > 0; left--) {
      Held first = held.remove();
      if (check.isDecided(first.input)) {
        release(first);
      } else {
        held.add(first);
      }
    }
  }

  /** Removes the first; null if nothing is held. */
  DecisionInput poll() {
    Held first = held.poll();
    if (first == null) {
      return null;
    }
    release(first);
    return first.input;
  }

  private void release(Held gone) {
    heldBytes -= gone.bytes;
    if (heldBytes <= MAX_HELD_BYTES / 2) {
      fullSince = NEVER;
    }
  }

  /** Inputs that are held. */
  long size() {
    return held.size();
  }

  /** Returns whether no more should be held until the other job has decided some. */
  boolean isFull() {
    return heldBytes >= MAX_HELD_BYTES;
  }

  /**
   * Returns whether this subtask would go on where the other job is.
   *
   * @param behind inputs that are decided and have not arrived
   * @param now epoch milliseconds
   */
  boolean isReady(long behind, long now) {
    boolean settled = now - since >= SETTLING_MILLIS;
    return (behind == 0 && arrived) || (behind <= MAX_BEHIND && settled);
  }

  /**
   * Returns whether it can hold no more, and waiting does not help. To be asked from time to time.
   *
   * @param now epoch milliseconds
   */
  boolean isStuck(long now) {
    if (!isFull()) {
      return false;
    }
    fullSince = Math.min(fullSince, now);
    return now - fullSince >= PATIENCE_MILLIS;
  }
}
