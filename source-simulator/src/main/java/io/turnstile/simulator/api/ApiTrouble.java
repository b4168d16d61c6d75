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
   * Instead of a page that a cursor asks for, gives the one before (in six of eight cases) or the
   * one behind (in one).
   */
  LYING
}
