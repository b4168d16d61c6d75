package io.turnstile.bench.engine;

import io.turnstile.clients.FlinkRest;

/** A job on a Flink cluster. */
public record FlinkJob(FlinkRest flink, String jobId) {}
