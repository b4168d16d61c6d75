package io.turnstile.audit;

import java.util.Arrays;

/**
 * A map from hashes to numbers in two arrays, 16 bytes an entry at a load of at most two thirds.
 * Keys must be well mixed: the low bits choose the slot. Not thread-safe.
 */
final class LongLongMap {

  /** The result of {@link #putIfAbsent} for a new key; no value may be this. */
  static final long ABSENT = Long.MIN_VALUE;

  private long[] keys = new long[16];
  private long[] values = filled(16);
  private int size;

  /** The value of a key, or {@link #ABSENT}. */
  long get(long key) {
    return values[slot(key)];
  }

  /**
   * Adds an entry unless the key is there.
   *
   * @return the value that is there, or {@link #ABSENT} if the entry was added
   */
  long putIfAbsent(long key, long value) {
    int slot = slot(key);
    long present = values[slot];
    if (present == ABSENT) {
      put(slot, key, value);
    }
    return present;
  }

  /** Adds an entry or replaces its value. */
  void put(long key, long value) {
    put(slot(key), key, value);
  }

  int size() {
    return size;
  }

  private void put(int slot, long key, long value) {
    if (value == ABSENT) {
      throw new IllegalArgumentException("a value that means absent");
    }
    boolean added = values[slot] == ABSENT;
    keys[slot] = key;
    values[slot] = value;
    if (added && ++size > keys.length / 3 * 2) {
      grow();
    }
  }

  private int slot(long key) {
    int mask = keys.length - 1;
    int slot = (int) key & mask;
    while (values[slot] != ABSENT && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldKeys = keys;
    long[] oldValues = values;
    int capacity = Math.multiplyExact(keys.length, 2);
    keys = new long[capacity];
    values = filled(capacity);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldValues[i] != ABSENT) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        values[slot] = oldValues[i];
      }
    }
  }

  private static long[] filled(int capacity) {
    long[] values = new long[capacity];
    Arrays.fill(values, ABSENT);
    return values;
  }
}
