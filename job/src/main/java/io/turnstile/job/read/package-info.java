/**
 * First room: Kafka sources that fail rather than skip, append time, topic identity, reference
 * topics. A record leaves as {@link io.turnstile.job.read.InputRecord} or as a reference.
 */
package io.turnstile.job.read;
