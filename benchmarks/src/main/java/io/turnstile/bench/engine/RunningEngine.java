package io.turnstile.bench.engine;

import io.turnstile.testbed.TestbedProcess;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An engine that gives verdicts. Its methods may be called by any thread, one at a time. */
public interface RunningEngine extends AutoCloseable {

  /** The processes that decide and live, paused ones included: what faults are inflicted on. */
  List<TestbedProcess> workers();

  /** All processes of the engine that live, the workers first. The broker is none of them. */
  List<TestbedProcess> processes();

  /** Starts another worker in place of one that was killed. */
  void replaceWorker() throws Exception;

  /**
   * Kills the process that coordinates the others, and brings the engine back as whoever operates
   * it would.
   *
   * @throws UnsupportedOperationException if it has none
   */
  default void crashCoordinator() throws Exception {
    throw new UnsupportedOperationException("this engine has no coordinator");
  }

  /** The Flink job to ask for checkpoints; empty for other engines. */
  default Optional<FlinkJob> flinkJob() {
    return Optional.empty();
  }

  /** All settings that it takes to build the same again, by name, for the result. */
  Map<String, String> settings();

  /** Ends the engine. */
  @Override
  void close();
}
