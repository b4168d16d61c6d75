package io.turnstile.simulator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.LedgerEntry;

/**
 * A final answer to a question.
 *
 * @param nanos when it was there, as of {@link System#nanoTime()}
 * @param attempts it took, at least one
 */
public record Answer(Question question, int status, String body, long nanos, int attempts) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int OK = 200;
  private static final int REQUEST_TIMEOUT = 408;
  private static final int TOO_LARGE = 413;
  private static final int TOO_MANY = 429;
  private static final int CLIENT_ERRORS = 400;
  private static final int SERVER_ERRORS = 500;

  /** Tells whether a status is an answer; after any other one it is asked again. */
  static boolean isFinal(int status) {
    return status == OK
        || (status >= CLIENT_ERRORS
            && status < SERVER_ERRORS
            && status != REQUEST_TIMEOUT
            && status != TOO_MANY);
  }

  /** True if the transaction is accepted, by this request or by an earlier one. */
  public boolean isAccepted() {
    return status == OK;
  }

  /** The verdict in the terms of {@link LedgerEntry#allowed()}; the status if it names none. */
  public String outcome() {
    if (isAccepted()) {
      return LedgerEntry.ACCEPTED;
    }
    if (status == TOO_LARGE) {
      return DeadLetterCode.TOO_LARGE.name();
    }
    try {
      return JSON.readTree(body).path("reason").asText(Integer.toString(status));
    } catch (JsonProcessingException e) {
      return Integer.toString(status);
    }
  }
}
