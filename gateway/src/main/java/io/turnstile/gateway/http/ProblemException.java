package io.turnstile.gateway.http;

/** Ends a request with an answer. */
public final class ProblemException extends RuntimeException {

  private final transient Reply reply;

  /** Says so instead of what was asked for. */
  public ProblemException(Reply reply) {
    // As usual as an answer: without a stack trace it costs no more than one.
    super("answered with " + reply.status(), null, false, false);
    this.reply = reply;
  }

  Reply reply() {
    return reply;
  }
}
