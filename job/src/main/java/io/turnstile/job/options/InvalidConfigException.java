package io.turnstile.job.options;

/** A configuration that cannot be used; the message is one line for a person. */
public final class InvalidConfigException extends Exception {

  public InvalidConfigException(String message) {
    super(message);
  }
}
