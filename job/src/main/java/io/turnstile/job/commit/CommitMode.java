package io.turnstile.job.commit;

/** The event that makes verdicts visible to a {@code read_committed} reader. */
public enum CommitMode {
  /** A Flink checkpoint completes. */
  CHECKPOINT,
  /** A commit of its own, every few milliseconds, independent of the checkpoint interval. */
  JOURNAL
}
