package io.turnstile.job.enrich;

import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceHistory;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
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
  static final int MAX_RECENT = 10_000;

  private final ValueState<ReferenceHistory<R>> state;

  /** Of the keys used last: spares most of reading from RocksDB. */
  private final Map<String, ReferenceHistory<R>> recent = new LastUsed<>();

  /**
   * Keys that nothing is known of. In a cache of their own: anybody can name what does not exist,
   * and must not drive out what does.
   */
  private final Map<String, Boolean> unknown = new LastUsed<>();

  /**
   * The entries used last. Not Caffeine: one thread reads it, and bookkeeping for many took 2 to 3
   * % of the task's processor time in a profile of the scenario {@code steady-10k}.
   */
  private static final class LastUsed<V> extends LinkedHashMap<String, V> {
    private static final long serialVersionUID = 1;

    LastUsed() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
      return size() > MAX_RECENT;
    }
  }

  KnownReferences(KeyedStateStore store, JoinedReference<R> reference) {
    this(
        store.getState(
            new ValueStateDescriptor<>(
                reference.own("reference"), reference.kind().historySerializer())));
  }

  KnownReferences(ValueState<ReferenceHistory<R>> state) {
    this.state = state;
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
    ReferenceHistory<R> known = recent.get(key);
    if (known == null && unknown.get(key) == null) {
      known = state.value();
      if (known == null) {
        unknown.put(key, true);
      } else {
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
    unknown.remove(update.key());
    return after.value() != null;
  }
}
