package io.turnstile.simulator;

import io.turnstile.events.SourcePosition;

/** A listener for transactions. Called by a thread of the producer: must be quick. */
public interface SimulationListener {

  /** A listener that does nothing. */
  SimulationListener NONE = (seq, intendedNanos, position) -> {};

  /**
   * A transaction was acknowledged.
   *
   * @param seq its number: in the ledger, or from 0 if none is written
   * @param intendedNanos the time at which it was meant to be sent, as of {@link System#nanoTime()}
   * @param position its place in the topic; verdicts carry the same
   */
  void onSent(long seq, long intendedNanos, SourcePosition position);

  /** A transaction could not be sent, or it is unknown whether it was. */
  default void onFailure(long seq, Exception reason) {}
}
