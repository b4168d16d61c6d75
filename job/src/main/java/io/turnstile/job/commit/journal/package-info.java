/**
 * Commit mode <em>journal</em>: verdicts are committed every few milliseconds, and read back after
 * a crash. {@code Lane} is the protocol, without threads and time; {@link
 * io.turnstile.job.commit.journal.JournalCommit} runs it. {@link
 * io.turnstile.job.commit.journal.Journal} is the store, which has a package for each kind.
 */
package io.turnstile.job.commit.journal;
