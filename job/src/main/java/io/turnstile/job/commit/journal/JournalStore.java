package io.turnstile.job.commit.journal;

/** The store that a journal is in; each has a package. */
public enum JournalStore {
  /** The verdict topics. */
  KAFKA,
  /** A table of verdicts. */
  POSTGRESQL
}
