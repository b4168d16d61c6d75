package io.turnstile.events;

/** Kind of an input's verdict: the value of the header {@link VerdictHeaders#OUTCOME}. */
public enum Outcome {
  ACCEPTED("accepted"),
  REJECTED("rejected"),
  DEAD_LETTER("dead-letter");

  private final String headerValue;

  Outcome(String headerValue) {
    this.headerValue = headerValue;
  }

  /** The text on the wire. */
  public String headerValue() {
    return headerValue;
  }

  /**
   * The outcome of a header's text.
   *
   * @throws IllegalArgumentException if there is no such outcome
   */
  public static Outcome ofHeaderValue(String text) {
    for (Outcome outcome : values()) {
      if (outcome.headerValue.equals(text)) {
        return outcome;
      }
    }
    throw new IllegalArgumentException("no such outcome: " + text);
  }
}
