package io.turnstile.audit;

/**
 * The audit could not be carried out, and says nothing about the promise. The message is one line:
 * what, why, what to do.
 */
public final class AuditException extends RuntimeException {

  public AuditException(String message) {
    super(message);
  }

  public AuditException(String message, Throwable cause) {
    super(message, cause);
  }
}
