package io.turnstile.feeds.source;

import java.util.List;

/**
 * Some records of a source.
 *
 * @param records in the source's order
 * @param next position of the next page, null if this is the last one
 * @param reached where the next sync may begin, as far as is known now; null if all syncs are full
 * @param validator tells later whether the page has changed; null if the source gives none
 * @param unchanged whether the page is as it was when the validator of the request was given: then
 *     it has no records
 */
public record Page(
    List<SourceRecord> records, String next, String reached, String validator, boolean unchanged) {

  /** Copies the list. */
  public Page {
    records = List.copyOf(records);
  }
}
