package io.turnstile.simulator;

import io.turnstile.simulator.SimulatedEvent.Submission;

/** Takes transactions in place of their topic. Called by the thread that runs the simulation. */
public interface TransactionTransport {

  /**
   * Sees to it that a transaction is sent, and does not wait for its outcome.
   *
   * @param tokens issue its token when it is sent
   * @param intendedNanos the time at which it is meant to be sent, as of {@link System#nanoTime()}
   */
  void send(Submission submission, TokenIssuer tokens, long intendedNanos)
      throws InterruptedException;
}
