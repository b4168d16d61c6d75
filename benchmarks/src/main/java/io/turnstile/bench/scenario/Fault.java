package io.turnstile.bench.scenario;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** A fault to be inflicted on a run. */
public enum Fault {
  /** SIGKILL to the process that decides; another one is started at once. */
  KILL_TASKMANAGER,
  /**
   * The process that decides is frozen; another one is started at once; then the frozen one is
   * resumed and finds itself replaced.
   */
  PAUSE_TASKMANAGER,
  /** SIGKILL to Flink's JobManager; another one is started and given the newest checkpoint. */
  KILL_JOBMANAGER,
  /**
   * The process that decides loses the broker for a while, and nothing else. On containers only.
   */
  CUT_FROM_BROKER,
  /** The broker is killed and, after a while, started again. */
  STOP_BROKER;

  /** Returns its name in scenario files: {@code kill-taskmanager}. */
  @JsonValue
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
