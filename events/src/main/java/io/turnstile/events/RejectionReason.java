package io.turnstile.events;

/**
 * Reason for turning away a well-formed transaction. Declared in the order in which they are
 * judged, but {@link #TOKEN_INVALID} comes first: what an unverified token claims is not judged.
 */
public enum RejectionReason {
  /** The token's {@code exp} is past at the input's append time: come again with a fresh one. */
  TOKEN_EXPIRED(true),
  /** The token's {@code nbf} lies after the input's append time. */
  TOKEN_NOT_YET_VALID(true),
  /** Signature, algorithm, key or format of the token is wrong. */
  TOKEN_INVALID(false),
  /** The token was issued to another customer. */
  TOKEN_SUBJECT_MISMATCH(false),
  /** No such product, also not after waiting for it. */
  UNKNOWN_PRODUCT(false),
  /** No such customer, where customers are required. */
  UNKNOWN_CUSTOMER(false),
  /** A named reference that is required is missing, also after waiting for it. */
  UNKNOWN_REFERENCE(false),
  /** A product, or what else is required, could not be looked for: its topic could not be read. */
  REFERENCE_UNAVAILABLE(true),
  /** Another input with the same id and the same content is accepted. */
  DUPLICATE_ID(false),
  /** Another input with the same id but other content is accepted. */
  ID_CONFLICT(false),
  /** Another input with the same content under another id is accepted. */
  DUPLICATE_CONTENT(false);

  private final boolean retryable;

  RejectionReason(boolean retryable) {
    this.retryable = retryable;
  }

  /** True if the same transaction, sent again with a fresh token, may be accepted. */
  public boolean retryable() {
    return retryable;
  }
}
