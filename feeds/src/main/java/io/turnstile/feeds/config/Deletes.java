package io.turnstile.feeds.config;

import com.fasterxml.jackson.core.JsonPointer;

/**
 * What deletes a record. Each may be null.
 *
 * @param flag place of what is true in a deleted record
 * @param tombstone place of what only a deleted record has
 * @param absentSyncs full syncs on end, each whole, in which a deleted record is absent
 */
public record Deletes(JsonPointer flag, JsonPointer tombstone, Integer absentSyncs) {

  /** Nothing does. */
  public static final Deletes NONE = new Deletes(null, null, null);
}
