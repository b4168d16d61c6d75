package io.turnstile.clients;

/** Something is not as it must be; the message says in one line what. */
public final class CheckFailedException extends RuntimeException {

  public CheckFailedException(String message) {
    super(message);
  }
}
