package io.turnstile.bench.run;

import io.turnstile.simulator.EventSource;
import java.time.Duration;

/** Transactions to be sent in one go. */
sealed interface Load {

  /** All that the scenario says, at its rates. */
  record OfScenario() implements Load {}

  /** So many of the scenario's transactions, as fast as possible. */
  record Unpaced(long count) implements Load {}

  /** Transactions of the scenario's kinds at another rate; customers and products exist already. */
  record AtRate(double rate, Duration length) implements Load {}

  /** The events of a source, as fast as possible. */
  record Of(EventSource source) implements Load {}
}
