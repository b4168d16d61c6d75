package io.turnstile.job.failure;

import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * Makes the failures that end the job without a restart: no restart helps before somebody acts. The
 * message is one line that says what, why, and what to do.
 */
public final class PermanentFailure {

  private PermanentFailure() {}

  /** The failure with a message; Flink shows it as the cause. */
  public static SuppressRestartsException of(String message) {
    return of(new IllegalStateException(message));
  }

  /** The failure with a cause whose message says it all. */
  public static SuppressRestartsException of(Exception cause) {
    return new SuppressRestartsException(cause);
  }
}
