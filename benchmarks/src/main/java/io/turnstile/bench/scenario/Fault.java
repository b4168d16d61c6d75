package io.turnstile.bench.scenario;

import java.util.Locale;

/** What can be inflicted on a run. */
public enum Fault {
  /** SIGKILL to the process that decides; another one is started at once. */
  KILL_TASKMANAGER,
  /**
   * The process that decides is frozen; another one is started at once; then the frozen one goes on
   * and finds itself replaced.
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

  /** As scenario files have it: {@code kill-taskmanager}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Fault of(String key) {
    return valueOf(key.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
