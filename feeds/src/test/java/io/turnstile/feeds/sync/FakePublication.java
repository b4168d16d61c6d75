package io.turnstile.feeds.sync;

import io.turnstile.feeds.mapping.Mapped;
import io.turnstile.feeds.publish.FeedState;
import io.turnstile.feeds.publish.Publication;
import io.turnstile.feeds.publish.PublishedRecords;
import io.turnstile.feeds.publish.SyncRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A topic in memory, which another runner can take over. */
final class FakePublication implements Publication {

  /** Every version and delete, as {@code key@version} and {@code -key}. */
  private final List<String> log = new ArrayList<>();

  private final Map<String, Mapped> topic = new LinkedHashMap<>();
  private PublishedRecords records = new PublishedRecords();
  private FeedState state;
  private SyncRequest request = SyncRequest.NONE;
  private int commits;

  FakePublication(String fingerprint) {
    state = FeedState.initial(fingerprint);
  }

  /** What the next runner begins with: what it can read, and no more. */
  void takeOver() {
    records = new PublishedRecords();
    topic.values().forEach(this::note);
  }

  void request(SyncRequest wish) {
    request = wish;
  }

  List<String> log() {
    return log;
  }

  int commits() {
    return commits;
  }

  @Override
  public FeedState state() {
    return state;
  }

  @Override
  public PublishedRecords records() {
    return records;
  }

  @Override
  public SyncRequest request() {
    return request;
  }

  @Override
  public void commit(Collection<Mapped> changes, FeedState next) {
    commits++;
    for (Mapped change : changes) {
      if (change instanceof Mapped.Put put) {
        log.add(put.key() + "@" + put.version());
        topic.put(put.key(), put);
      } else {
        String key = ((Mapped.Delete) change).key();
        log.add("-" + key);
        topic.put(key, change);
      }
      note(change);
    }
    state = next;
  }

  private void note(Mapped change) {
    if (change instanceof Mapped.Put put) {
      records.put(put);
    } else if (change instanceof Mapped.Delete delete) {
      records.delete(delete.key(), delete.version());
    }
  }

  /** Forgets the state, as when the topic of states is made anew. */
  void forget(String fingerprint) {
    state = FeedState.initial(fingerprint);
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
