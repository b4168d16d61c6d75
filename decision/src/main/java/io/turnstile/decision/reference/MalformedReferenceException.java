package io.turnstile.decision.reference;

/** A record of a reference topic that cannot be read. */
public final class MalformedReferenceException extends Exception {

  /** Reason why it cannot be read, as metrics name it. */
  public enum Reason {
    /** It has no key, or an empty one. */
    NO_KEY,
    /** Its key is not UTF-8, or an escape in it is no character. */
    KEY_NOT_UTF8,
    /** Its key is not the id in its value, or longer than any id. */
    KEY_NOT_ID,
    /** Its value is not JSON. */
    MALFORMED_JSON,
    /** Its value is JSON of the wrong shape. */
    SCHEMA_VIOLATION
  }

  private final Reason reason;

  MalformedReferenceException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
