package io.turnstile.clients;

/** A call to Flink's REST API failed. The message is one line. */
public class FlinkRestException extends RuntimeException {
  private final int status;

  FlinkRestException(int status, String message) {
    super(message);
    this.status = status;
  }

  FlinkRestException(String message, Throwable cause) {
    super(message, cause);
    this.status = 0;
  }

  /** The HTTP status Flink answered with, or 0 when it did not answer. */
  public int status() {
    return status;
  }
}
