/** Makes a spare TaskManager ready before it is needed. */
package io.turnstile.job.warmup;
