package io.turnstile.clients.postgresql;

/** A database that no journal can be in as it is. The message is one line that says what to do. */
public final class UnsuitableDatabaseException extends Exception {

  public UnsuitableDatabaseException(String message) {
    super(message);
  }
}
