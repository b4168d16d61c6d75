/** Failures that no restart cures. Every package of the job may use it; it uses none of them. */
package io.turnstile.job.failure;
