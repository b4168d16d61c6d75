package io.turnstile.simulator;

/** The purpose of a simulated record: the outcome that it is meant to provoke. */
public enum Kind {
  /** A transaction to be accepted, unless a repeat of it is accepted first; a first version. */
  ORDINARY,
  /** Repeats an earlier transaction's id and content. */
  DUPLICATE,
  /** Repeats an earlier transaction's id with another amount. */
  CONFLICT,
  /** Repeats an earlier transaction's content under another id. */
  CONTENT_DUPLICATE,
  EXPIRED,
  NOT_YET_VALID,
  /** Signed by another key, or not at all. */
  FORGED,
  WRONG_SUBJECT,
  /** Buys a product that never comes. */
  UNKNOWN_PRODUCT,
  /** Buys a product that comes after it: accepted. One in five is a repeat of such a one. */
  LATE_PRODUCT,
  /** No transaction in JSON: dead-lettered. */
  MALFORMED,
  /** Over 1 MiB: dead-lettered. */
  TOO_LARGE,
  /** A new version of a product or a customer, between the transactions. */
  REFERENCE_UPDATE,
  /** An old version of a product, to be ignored. */
  STALE_UPDATE,
  /** A product that no transaction buys is published, and deleted. */
  PRODUCT_DELETE,
  /** A transaction sent again with a fresh token after a retryable rejection: accepted. */
  RETRY
}
