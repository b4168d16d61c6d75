/**
 * Kafka, Flink and the faults to inflict on them: the interface {@link
 * io.turnstile.testbed.Testbed}, its configuration, and what its two kinds share.
 */
package io.turnstile.testbed;
