/** Binary forms that the job and the Kafka Streams peer of the benchmarks share. */
package io.turnstile.decision.codec;
