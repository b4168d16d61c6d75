/** The job with the XA sink of flink-connector-jdbc, to be measured beside the journal. */
package io.turnstile.bench.xa;
