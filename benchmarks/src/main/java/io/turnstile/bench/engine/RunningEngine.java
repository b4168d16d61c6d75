package io.turnstile.bench.engine;

import io.turnstile.testbed.JobAdditions;
import io.turnstile.testbed.TestbedProcess;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An engine that gives verdicts. Its methods may be called by any thread, one at a time. */
public interface RunningEngine extends AutoCloseable {

  /** What faults are inflicted on: the processes of ours that decide now. */
  default List<TestbedProcess> workers() {
    return List.of();
  }

  /**
   * Returns the process ids of the engine and its broker by name, the process that decides first;
   * only of processes that live, and none if they are not ours.
   */
  default Map<String, Long> pids() {
    return Map.of();
  }

  /**
   * Returns whether another worker stands ready for one that is killed. Then nobody waits for its
   * replacement, whose start would take processors from the recovery if it came at once.
   */
  default boolean hasSpareWorker() {
    return false;
  }

  /** Starts another worker in place of one that was killed; unsupported if they are not ours. */
  default void replaceWorker() throws Exception {
    throw new UnsupportedOperationException("a live deployment is left alone");
  }

  /**
   * Kills the process that coordinates the others, and brings the engine back as whoever operates
   * it would.
   *
   * @throws UnsupportedOperationException if it has none
   */
  default void crashCoordinator() throws Exception {
    throw new UnsupportedOperationException("this engine has no coordinator");
  }

  /**
   * Replaces the engine by another one that starts beside it, and waits until that has taken over.
   *
   * @throws UnsupportedOperationException if it cannot be replaced so
   */
  default void upgrade() throws Exception {
    throw new UnsupportedOperationException("this engine is not replaced while it runs");
  }

  /** As {@link #upgrade}, with another parallelism. */
  default void rescale(int parallelism) throws Exception {
    upgrade();
  }

  /**
   * Brings the engine into the state of a deployment that has run for hours, but takes no
   * checkpoint of the job. Called once, before what is measured.
   */
  default void settle() throws Exception {}

  /** The Flink job to ask for checkpoints; empty for other engines. */
  default Optional<FlinkJob> flinkJob() {
    return Optional.empty();
  }

  /** What its verdicts have besides, for the audit. */
  default JobAdditions additions() {
    return JobAdditions.NONE;
  }

  /** All settings that it takes to build the same again, by name, for the result. */
  Map<String, String> settings();

  /** Ends the engine. */
  @Override
  void close();
}
