package io.turnstile.feeds.source;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A record as its source has it.
 *
 * @param value what the mapping reads; null if there is nothing but the key
 * @param deleted whether the source itself says that the record is deleted
 * @param key of a deleted record without a value, else null
 */
public record SourceRecord(JsonNode value, boolean deleted, String key) {

  /** A record that is not deleted, unless the mapping finds that it is. */
  public static SourceRecord of(JsonNode value) {
    return new SourceRecord(value, false, null);
  }

  /** A deleted record of which only the key is known. */
  public static SourceRecord deleted(String key) {
    return new SourceRecord(null, true, key);
  }
}
