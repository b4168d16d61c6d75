package io.turnstile.bench.run;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.VerdictProbe.VerdictListener;
import java.util.concurrent.Callable;

/** Shows a run to whoever waits for it. Its methods may be called by any thread. */
public interface RunView {

  /** Prints a line that stays. */
  void line(String format, Object... arguments);

  /** Shows what is being done at the moment. */
  void live(String format, Object... arguments);

  /** Does a part of the work that takes a while, and shows that it does. */
  default <T> T step(String what, Callable<T> work) throws Exception {
    live("%s", what);
    return work.call();
  }

  /** Takes note that the engine runs. */
  default void started(Deployment deployment, RunningEngine engine) {}

  /** Returns what hears of sends and verdicts during a stretch; it has to tell the recorder. */
  default VerdictListener listener(LatencyRecorder stretch) {
    return stretch;
  }

  /** Shows the transactions sent and those with a verdict, once a second during a stretch. */
  void tick(LatencyRecorder stretch, long sent, long answered);
}
