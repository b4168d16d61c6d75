package io.turnstile.bench.peers;

import io.turnstile.decision.dedup.DedupStore;

/** The acceptances of all customers of a task. Not thread-safe. */
interface Acceptances extends AutoCloseable {

  /** Those of one customer; until the next call. */
  DedupStore of(String customerId);

  /**
   * Deletes what is too old in a part of them: all of it once in a window, by calls at this
   * interval.
   */
  void forget(long intervalMillis);

  @Override
  void close();
}
