/**
 * The Flink job. Its packages lie in the order in which a record meets them, and each may use those
 * before it, never one after it:
 *
 * <pre>
 * codec → read → validate → enrich → decide → commit → commit.checkpoint | commit.journal
 * </pre>
 *
 * <p>Each of them may use {@code failure}.
 *
 * <p>This package wires them: {@link io.turnstile.job.TurnstileJob} is the entry point, {@link
 * io.turnstile.job.JobConfig} reads the options, which {@link io.turnstile.job.options} has by
 * theme, {@link io.turnstile.job.JobTopology} connects the operators.
 */
package io.turnstile.job;
