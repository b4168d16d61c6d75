package io.turnstile.feeds.publish;

import io.turnstile.feeds.mapping.Mapped;
import java.util.Collection;

/** What a feed has published. It belongs to one runner at a time. Not thread-safe. */
public interface Publication extends AutoCloseable {

  /** The state of the last commit. */
  FeedState state();

  /** The records as of the last commit. */
  PublishedRecords records();

  /** The newest wish for a sync. */
  SyncRequest request();

  /**
   * Publishes records and a state, all or nothing.
   *
   * @param changes {@link Mapped.Put} and {@link Mapped.Delete}
   * @throws org.apache.kafka.common.KafkaException if it is not known to be done; then this must be
   *     closed, and whoever opens the next one finds out
   */
  void commit(Collection<Mapped> changes, FeedState state);

  @Override
  void close();
}
