package io.turnstile.job.commit;

/** When verdicts become visible to a {@code read_committed} reader. */
public enum CommitMode {
  /** When a Flink checkpoint completes. */
  CHECKPOINT,
  /** Every few milliseconds, whatever the checkpoint interval. */
  JOURNAL
}
