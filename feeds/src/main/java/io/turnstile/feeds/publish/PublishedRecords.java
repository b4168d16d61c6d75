package io.turnstile.feeds.publish;

import io.turnstile.feeds.mapping.Mapped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The records of a feed that are in its topic: key, version and hash of each, about 150 bytes of
 * memory. From it follows what of a page is new. Of deleted records it has the version up to which
 * they are, so that an old page brings none back. Not thread-safe.
 */
public final class PublishedRecords {

  private static final class Entry {
    private long version;
    private long content;
    private long seenIn;
    private int missed;
  }

  private final Map<String, Entry> entries = new HashMap<>();
  private final Map<String, Long> deleted = new HashMap<>();
  private long highest;

  /** Notes that a version is in the topic. */
  public void put(Mapped.Put record) {
    Entry entry = entries.computeIfAbsent(record.key(), key -> new Entry());
    entry.version = record.version();
    entry.content = record.content();
    highest = Math.max(highest, record.version());
    deleted.remove(record.key());
  }

  /** Notes that a record is not in the topic, or is another's. */
  public void remove(String key) {
    entries.remove(key);
    deleted.remove(key);
  }

  /**
   * Notes that a record was deleted.
   *
   * @param version up to which; null if it may come back under any
   */
  public void delete(String key, Long version) {
    remove(key);
    if (version != null) {
      deleted.put(key, version);
    }
  }

  /** The version that is in the topic; null if the record is not. */
  public Long version(String key) {
    Entry entry = entries.get(key);
    return entry == null ? null : entry.version;
  }

  /** The highest version that was ever noted, 0 for none. */
  public long highestVersion() {
    return highest;
  }

  /** How many records full syncs have missed, those included that are about to be deleted. */
  public long missed() {
    return entries.values().stream().filter(entry -> entry.missed > 0).count();
  }

  /** How many there are. */
  public int size() {
    return entries.size();
  }

  /** Returns whether a record is in the topic. */
  public boolean contains(String key) {
    return entries.containsKey(key);
  }

  /** Relation of a record to what is in the topic. */
  public enum News {
    /** It says more. */
    NEW,
    /** It says nothing that is not there. */
    KNOWN,
    /** It has the version that is there or was deleted, and another content. */
    CONFLICT
  }

  /**
   * Compares a record with what is in the topic.
   *
   * @param byContent whether its version was generated
   */
  public News compare(Mapped.Put record, boolean byContent) {
    Entry entry = entries.get(record.key());
    if (entry == null) {
      Long gone = byContent ? null : deleted.get(record.key());
      if (gone == null || record.version() > gone) {
        return News.NEW;
      }
      return record.version() == gone ? News.CONFLICT : News.KNOWN;
    }
    boolean same = record.content() == entry.content;
    if (byContent) {
      return same ? News.KNOWN : News.NEW;
    }
    if (record.version() > entry.version) {
      return News.NEW;
    }
    return record.version() < entry.version || same ? News.KNOWN : News.CONFLICT;
  }

  /**
   * Notes that the source has a record.
   *
   * @param sync when the sync began
   */
  public void seen(String key, long sync) {
    Entry entry = entries.get(key);
    if (entry != null) {
      entry.seenIn = sync;
      entry.missed = 0;
    }
  }

  /**
   * Counts a full sync, after which each record was either seen in it or not.
   *
   * @param sync when it began
   * @param syncs how many on end a record may be missed in
   * @return the keys of those that were missed so often
   */
  public List<String> absent(long sync, int syncs) {
    List<String> absent = new ArrayList<>();
    entries.forEach(
        (key, entry) -> {
          if (entry.seenIn != sync && ++entry.missed >= syncs) {
            absent.add(key);
          }
        });
    return absent;
  }
}
