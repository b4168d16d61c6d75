package io.turnstile.simulator.api;

/** What an API may do for a while instead of answering as it should. */
public enum ApiTrouble {
  /** Answers as it should. */
  NONE,
  /** Closes each connection without an answer. */
  DOWN,
  /** Takes 10 s for each answer. */
  SLOW,
  /**
   * Of the pages that a cursor asks for, gives one of two as if it were the page before, and one of
   * four as if it were the page behind.
   */
  LYING
}
