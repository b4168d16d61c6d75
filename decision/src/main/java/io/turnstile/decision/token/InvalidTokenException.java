package io.turnstile.decision.token;

import io.turnstile.events.RejectionReason;

/** The token is {@link RejectionReason#TOKEN_INVALID}; the message is the detail. */
final class InvalidTokenException extends Exception {
  InvalidTokenException(String detail) {
    // No stack trace: bad tokens are input, and may come often.
    super(detail, null, false, false);
  }
}
