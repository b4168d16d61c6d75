package io.turnstile.simulator;

import java.io.IOException;

/** Gives what to send, one after the other. Used by one thread. */
public interface EventSource {

  /**
   * The next event, or null at the end.
   *
   * @throws IOException if it is read from somewhere and that fails
   */
  SimulatedEvent next() throws IOException;

  /** Called once before the first event: signs ahead what would delay the first transactions. */
  default void prepare(TokenIssuer tokens) {}

  /**
   * True if another run may give the same transactions, with ids and contents, as this one: a
   * ledger then expects each content to be accepted once in all its runs.
   */
  default boolean isRepeatable() {
    return false;
  }
}
