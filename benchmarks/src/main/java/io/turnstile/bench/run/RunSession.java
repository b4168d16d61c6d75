package io.turnstile.bench.run;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.scenario.Scenario;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/** A run in progress, as its {@link Procedure} sees it. Used by the procedure's thread. */
interface RunSession {

  RunSetup setup();

  default Scenario scenario() {
    return setup().scenario();
  }

  RunView view();

  Deployment deployment();

  /**
   * Returns the engine.
   *
   * @throws IllegalStateException if it does not run yet
   */
  RunningEngine engine();

  /** Returns what collects the measurements. */
  ResultAssembler results();

  /** Sends a load and does not wait for verdicts: before the engine runs. */
  void fill(Load load) throws Exception;

  /**
   * Sends a load and follows it to its last verdict, or until none has come for long, which the
   * result notes.
   *
   * @param stretch hears of it
   * @param meanwhile something else that has to end before; given up if sending fails
   * @throws Exception if something could not be sent, or the engine has ended
   */
  void send(Load load, LatencyRecorder stretch, Future<?> meanwhile) throws Exception;

  /** The same with nothing else to wait for. */
  default void send(Load load, LatencyRecorder stretch) throws Exception {
    send(load, stretch, CompletableFuture.completedFuture(null));
  }

  /**
   * Follows what was sent before.
   *
   * @throws IllegalStateException if no verdict has come for long
   */
  void drain(LatencyRecorder stretch) throws Exception;

  /** Starts something beside; it is interrupted when the run ends. */
  Future<?> inBackground(Callable<?> work);

  /** Returns the transactions of the whole run whose verdict has come. */
  long answered();

  /** Returns the records that a Flink job decided per second while it was measured, or null. */
  Double processedPerS();
}
