package io.turnstile.simulator;

import com.fasterxml.jackson.annotation.JsonValue;

/** The purpose of a simulated record: the outcome that it is meant to provoke. */
public enum Kind {
  /** A transaction to be accepted, unless a repeat of it is accepted first; a first version. */
  ORDINARY(null),
  /** Repeats an earlier transaction's id and content. */
  DUPLICATE("duplicates"),
  /** Repeats an earlier transaction's id with another amount. */
  CONFLICT("conflicts"),
  /** Repeats an earlier transaction's content under another id. */
  CONTENT_DUPLICATE("content_duplicates"),
  EXPIRED("expired"),
  NOT_YET_VALID("not_yet_valid"),
  /** Signed by another key, or not at all. */
  FORGED("forged"),
  /** Signed by a key that is not published, under an id of its own. */
  UNKNOWN_KEY("unknown_key"),
  WRONG_SUBJECT("wrong_subject"),
  /** Buys a product that never comes. */
  UNKNOWN_PRODUCT("unknown_product"),
  /** Buys a product that comes after it: accepted. One in five is a repeat of such a one. */
  LATE_PRODUCT("late_product"),
  /** No transaction in JSON: dead-lettered. */
  MALFORMED("malformed"),
  /** Over 1 MiB: dead-lettered. */
  TOO_LARGE("too_large"),
  /** A new version of a product or a customer, between the transactions. */
  REFERENCE_UPDATE("inventory_updates"),
  /** An old version of a product, to be ignored. */
  STALE_UPDATE("stale_inventory"),
  /** A product that no transaction buys is published, and deleted. */
  PRODUCT_DELETE("deleted_inventory"),
  /** A transaction sent again with a fresh token after a retryable rejection: accepted. */
  RETRY(null);

  private final String share;

  Kind(String share) {
    this.share = share;
  }

  /**
   * The name of its share, as {@code duplicates}; null for {@link #ORDINARY} and {@link #RETRY},
   * which have none.
   */
  @JsonValue
  public String share() {
    return share;
  }
}
