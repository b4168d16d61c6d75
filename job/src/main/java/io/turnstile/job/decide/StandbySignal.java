package io.turnstile.job.decide;

import org.apache.flink.runtime.operators.coordination.OperatorEvent;

/** Words between the subtasks that decide and their {@link StandbyCoordinator}. */
public enum StandbySignal implements OperatorEvent {
  /** A subtask stands by: it is open, and knows all that was committed before. */
  STANDS_BY,
  /** A subtask stands by, and has caught up with the job that decides. */
  READY,
  /**
   * A subtask that stands by can hold no more, and does not read any more. So all have to take
   * over: those that are not ready may get no inputs either, for these come behind the ones it has
   * not read. It counts when all stand by.
   */
  FULL,
  /** To a subtask: now. */
  TAKE_OVER,
  /** A subtask decides. */
  TAKEN_OVER
}
