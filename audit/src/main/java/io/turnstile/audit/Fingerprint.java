package io.turnstile.audit;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Transaction;

/**
 * A 64-bit hash over a sequence of fields. The length of each text goes in too, so that no two
 * sequences of fields hash the same bytes. Not safe against an adversary, and need not be.
 */
final class Fingerprint {

  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  private long state;

  private Fingerprint(long seed) {
    state = seed;
  }

  /** What an accepted verdict must repeat of its input. */
  static long ofAccepted(long offset, long receivedAt, Transaction transaction) {
    return new Fingerprint(1)
        .add(offset)
        .add(receivedAt)
        .add(transaction.transactionId())
        .add(transaction.customerId())
        .add(transaction.productId())
        .add(transaction.quantity())
        .add(transaction.amount())
        .add(transaction.currency())
        .add(transaction.occurredAt())
        .value();
  }

  /** What a rejected verdict must repeat of its input. */
  static long ofRejected(long offset, long receivedAt, String transactionId, String customerId) {
    return new Fingerprint(2)
        .add(offset)
        .add(receivedAt)
        .add(transactionId)
        .add(customerId)
        .value();
  }

  /** What a dead letter must repeat of its input, and the code that the input deserves. */
  static long ofDeadLetter(long offset, byte[] key, byte[] value, DeadLetterCode code) {
    return new Fingerprint(3).add(offset).add(key).add(value).add(OutcomeCode.of(code)).value();
  }

  static long ofText(long seed, String first, String second) {
    return new Fingerprint(seed).add(first).add(second).value();
  }

  static long ofText(long seed, String text) {
    return new Fingerprint(seed).add(text).value();
  }

  private Fingerprint add(long number) {
    state = mix(state ^ number) + MULTIPLIER;
    return this;
  }

  private Fingerprint add(String text) {
    long hash = state;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * MULTIPLIER;
      hash ^= hash >>> 29;
    }
    state = hash;
    return add(text.length());
  }

  private Fingerprint add(byte[] bytes) {
    if (bytes == null) {
      return add(-1);
    }
    long hash = state;
    for (byte b : bytes) {
      hash = (hash ^ b) * MULTIPLIER;
      hash ^= hash >>> 29;
    }
    state = hash;
    return add(bytes.length);
  }

  private long value() {
    return mix(state);
  }

  /** The finalizer of MurmurHash3: every bit of the input changes half of the output's. */
  private static long mix(long bits) {
    long mixed = (bits ^ (bits >>> 33)) * 0xFF51AFD7ED558CCDL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xC4CEB9FE1A85EC53L;
    return mixed ^ (mixed >>> 33);
  }
}
