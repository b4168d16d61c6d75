package io.turnstile.job.decide;

import org.apache.flink.runtime.operators.coordination.OperatorEvent;

/** Words between the subtasks that decide and their {@link StandbyCoordinator}. */
public enum StandbySignal implements OperatorEvent {
  /** A subtask stands by, and has caught up with the job that decides. */
  READY,
  /** To a subtask: all are ready. */
  TAKE_OVER,
  /** A subtask decides. */
  TAKEN_OVER
}
