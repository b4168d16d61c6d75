package io.turnstile.job.enrich;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceHistory;
import io.turnstile.job.read.ReferenceKind;
import java.io.IOException;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;

/**
 * History of each reference that a subtask knows, in keyed state with a cache in front of it. Used
 * by the task thread alone, which has set the current key.
 *
 * @param <R> the reference records
 */
final class KnownReferences<R> {

  /** Some 5 MiB of ordinary products or customers, 100 MiB of the longest that are allowed. */
  private static final int MAX_RECENT = 10_000;

  private final ValueState<ReferenceHistory<R>> state;

  /** Of the keys used last: spares most of reading from RocksDB. */
  private final Cache<String, ReferenceHistory<R>> recent =
      // In the task thread: what is evicted is evicted at once, and nothing runs elsewhere.
      Caffeine.newBuilder().maximumSize(MAX_RECENT).executor(Runnable::run).build();

  KnownReferences(KeyedStateStore store, ReferenceKind<R> kind) {
    state = store.getState(new ValueStateDescriptor<>("reference", kind.historySerializer()));
  }

  /**
   * Returns the current version, or null.
   *
   * @param key the current key
   */
  R current(String key) throws IOException {
    ReferenceHistory<R> known = history(key);
    return known == null ? null : known.value();
  }

  private ReferenceHistory<R> history(String key) throws IOException {
    ReferenceHistory<R> known = recent.getIfPresent(key);
    if (known == null) {
      known = state.value();
      if (known != null) {
        recent.put(key, known);
      }
    }
    return known;
  }

  /**
   * Takes a record of the current key.
   *
   * @return whether this changed the history, which now has a current version
   */
  boolean apply(Reference<R> update) throws IOException {
    ReferenceHistory<R> before = history(update.key());
    ReferenceHistory<R> after = before == null ? ReferenceHistory.of(update) : before.then(update);
    if (after.equals(before)) {
      return false;
    }
    state.update(after);
    recent.put(update.key(), after);
    return after.value() != null;
  }
}
