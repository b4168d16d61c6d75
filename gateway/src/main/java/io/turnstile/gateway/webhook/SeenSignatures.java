package io.turnstile.gateway.webhook;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Signatures that were used, for as long as they would be valid: each can be used once. Bounded,
 * and never forgets one too early: when it is full, it takes no more. Thread-safe.
 */
final class SeenSignatures {

  /** Result of using one. */
  enum Use {
    FIRST,
    AGAIN,
    NO_ROOM
  }

  private final int max;
  private final long keptMillis;

  /** When each was used, in the order of use. */
  private final Map<String, Long> usedAt = new LinkedHashMap<>();

  /**
   * @param max most signatures
   * @param kept how long a signature may be valid after its use
   */
  SeenSignatures(int max, Duration kept) {
    this.max = max;
    this.keptMillis = kept.toMillis();
  }

  /** Uses a signature. */
  synchronized Use use(String signature, long nowMillis) {
    Iterator<Long> oldest = usedAt.values().iterator();
    while (oldest.hasNext() && nowMillis - oldest.next() > keptMillis) {
      oldest.remove();
    }
    if (usedAt.containsKey(signature)) {
      return Use.AGAIN;
    }
    if (usedAt.size() >= max) {
      return Use.NO_ROOM;
    }
    usedAt.put(signature, nowMillis);
    return Use.FIRST;
  }

  /** Lets a signature be used again: what it was used for has failed. */
  synchronized void release(String signature) {
    usedAt.remove(signature);
  }
}
