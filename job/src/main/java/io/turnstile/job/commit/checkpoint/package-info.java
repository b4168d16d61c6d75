/**
 * Commit mode <em>checkpoint</em>: Flink's two-phase sink commits verdicts when a checkpoint
 * completes.
 */
package io.turnstile.job.commit.checkpoint;
