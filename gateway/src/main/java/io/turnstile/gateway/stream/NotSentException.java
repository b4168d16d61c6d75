package io.turnstile.gateway.stream;

/** A record was not sent, which is certain: Kafka is away, or there is no room to wait for it. */
public final class NotSentException extends Exception {

  /**
   * @param message one line
   * @param cause null if there is none
   */
  public NotSentException(String message, Throwable cause) {
    // Thrown for each request while Kafka is away: without a stack trace it costs nothing.
    super(message, cause, false, false);
  }
}
