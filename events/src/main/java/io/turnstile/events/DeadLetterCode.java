package io.turnstile.events;

/**
 * Reason for a dead letter: mostly that an input cannot be read as a transaction. Declared in the
 * order in which they are judged.
 */
public enum DeadLetterCode {
  /** The value is longer than {@link TransactionCodec#MAX_VALUE_BYTES}. */
  TOO_LARGE,
  /** Null, empty, invalid UTF-8, not exactly one JSON value, trailing text or duplicate keys. */
  MALFORMED_JSON,
  /** JSON, but not a transaction. */
  SCHEMA_VIOLATION,
  /** A transaction that was decided, but the database that verdicts are in refused the verdict. */
  REFUSED_BY_DATABASE
}
