/**
 * Commit mode <em>journal</em>: verdicts are committed every few milliseconds, and read back after
 * a crash. {@link io.turnstile.job.commit.journal.Lane} is the protocol, without threads and time.
 */
package io.turnstile.job.commit.journal;
