package io.turnstile.clients;

/**
 * The job's {@code main} method threw while it was submitted. The message is the first line of the
 * job's own message, without Flink's wrapping.
 */
public final class JobRejectedException extends FlinkRestException {

  JobRejectedException(int status, String message) {
    super(status, message);
  }
}
