package io.turnstile.cli;

/** Something is not as it must be; the message says in one line what. */
final class CheckFailedException extends RuntimeException {

  CheckFailedException(String message) {
    super(message);
  }
}
