package io.turnstile.bench.engine;

import io.turnstile.testbed.TestbedConfigBuilder;

/**
 * A way to give verdicts. Knows how to start on a testbed of its own; holds no state.
 *
 * <p>Each run of a benchmark calls {@link #prepare} on a new testbed's configuration, starts that
 * testbed, creates topics and keys, and then calls {@link #start}.
 */
public interface Engine {

  /** As users name it and results carry it: {@code turnstile}. */
  String name();

  /** What it is, one line. */
  String description();

  /**
   * Whether its verdicts say something. If not, the audit can only tell whether each input has one:
   * what else it finds wrong does not count.
   */
  default boolean decides() {
    return true;
  }

  /**
   * Adds what the engine needs to the testbed's configuration; takes Flink out if it needs none.
   */
  void prepare(TestbedConfigBuilder testbed, EngineSettings settings);

  /**
   * Starts the engine and waits until it is ready: whatever is written to the inputs from now on,
   * and was before, gets its verdict. It need not be warm.
   *
   * @throws Exception with a message for a person if it does not start; nothing of it is left then
   *     that does not end with the testbed
   */
  RunningEngine start(Deployment deployment, EngineSettings settings) throws Exception;
}
