package io.turnstile.feeds.sync;

import io.turnstile.feeds.mapping.Mapped;
import io.turnstile.feeds.mapping.RecordMapper;
import io.turnstile.feeds.publish.PublishedRecords;
import io.turnstile.feeds.source.SourceRecord;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What of one page is to be published. Not thread-safe. */
final class PageChanges {

  private static final Logger LOG = LoggerFactory.getLogger(PageChanges.class);

  private final String feed;
  private final RecordMapper mapper;
  private final PublishedRecords known;
  private final FeedMetrics metrics;
  private final Map<String, Mapped> changes = new LinkedHashMap<>();
  private long malformed;

  PageChanges(String feed, RecordMapper mapper, PublishedRecords known, FeedMetrics metrics) {
    this.feed = feed;
    this.mapper = mapper;
    this.known = known;
    this.metrics = metrics;
  }

  /**
   * Maps the records of a page.
   *
   * @param sync when it began: what is there is noted as seen in it
   * @param readTime for what is generated
   */
  void add(List<SourceRecord> records, long sync, long readTime) {
    for (SourceRecord record : records) {
      Mapped mapped = mapper.map(record, readTime);
      if (mapped instanceof Mapped.Put put) {
        known.seen(put.key(), sync);
        add(put);
      } else if (mapped instanceof Mapped.Delete delete) {
        delete(delete, record.deleted());
      } else {
        malformed((Mapped.Malformed) mapped);
      }
    }
  }

  /** Of one record, a page may have several versions. */
  private void add(Mapped.Put put) {
    Mapped earlier = changes.get(put.key());
    if (earlier instanceof Mapped.Put other) {
      if (mapper.generatesVersions() || put.version() > other.version()) {
        changes.put(put.key(), put);
      }
      metrics.unchanged();
      return;
    }
    if (earlier instanceof Mapped.Delete delete) {
      if (delete.version() == null || put.version() > delete.version()) {
        changes.put(put.key(), put);
      } else {
        metrics.unchanged();
      }
      return;
    }
    switch (known.compare(put, mapper.generatesVersions())) {
      case NEW -> changes.put(put.key(), put);
      case KNOWN -> metrics.unchanged();
      case CONFLICT -> {
        metrics.conflict();
        LOG.debug("feed={} a record has another content under the same version", feed);
      }
    }
  }

  /**
   * Deletes a record of which the source says that it is deleted.
   *
   * @param inOrder whether the source has all changes in their order, so that no version counts
   */
  private void delete(Mapped.Delete delete, boolean inOrder) {
    String key = delete.key();
    Long last =
        changes.get(key) instanceof Mapped.Put put ? (Long) put.version() : known.version(key);
    if (delete.version() != null && last != null && delete.version() < last) {
      metrics.unchanged();
      return;
    }
    boolean byVersion = !inOrder && !mapper.generatesVersions();
    delete(key, byVersion && delete.version() == null ? last : delete.version());
  }

  /** Deletes a record that may come back under any version. */
  void delete(String key) {
    delete(key, null);
  }

  private void delete(String key, Long version) {
    if (known.contains(key)) {
      changes.put(key, new Mapped.Delete(key, version));
    } else {
      changes.remove(key);
    }
  }

  private void malformed(Mapped.Malformed fault) {
    malformed++;
    metrics.malformed(fault.reason());
    if (malformed == 1) {
      LOG.warn("feed={} a record is left out: {}", feed, fault.detail());
    }
  }

  /** Notes what was new as seen in a sync, once it is published. */
  void markSeen(long sync) {
    changes.forEach((key, change) -> known.seen(key, sync));
  }

  /** {@link Mapped.Put} and {@link Mapped.Delete}. */
  Collection<Mapped> changes() {
    return changes.values();
  }

  long puts() {
    return changes.values().stream().filter(Mapped.Put.class::isInstance).count();
  }

  long deletes() {
    return changes.size() - puts();
  }

  long malformed() {
    return malformed;
  }
}
