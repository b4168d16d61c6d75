package io.turnstile.feeds.source;

/**
 * Which page is wanted. All texts are the source's own, given by it with an earlier page.
 *
 * @param position null for the first page of a sync
 * @param since where the last sync came to, null for a full sync
 * @param reached where the pages of this sync have come to, null if there is nothing yet
 * @param validator of the page when it was last read, null if it is wanted in any case
 */
public record PageRequest(String position, String since, String reached, String validator) {

  /** The first page of a full sync. */
  public static final PageRequest FIRST = new PageRequest(null, null, null, null);
}
