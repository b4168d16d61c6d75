package io.turnstile.simulator;

/** A token that is right, or wrong in one way. */
public enum TokenKind {
  VALID,
  /** Expired ten minutes before it was made. */
  EXPIRED,
  /** Becomes valid an hour after it was made. */
  NOT_YET_VALID,
  /** Signed by another key under the right key id. */
  FORGED,
  /** Signed by another key under another key id. */
  UNKNOWN_KEY,
  /** {@code alg: none}. */
  UNSIGNED,
  /** Valid, for somebody else. */
  WRONG_SUBJECT
}
