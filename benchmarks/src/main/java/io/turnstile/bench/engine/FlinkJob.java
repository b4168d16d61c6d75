package io.turnstile.bench.engine;

import io.turnstile.clients.FlinkOptions;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.FlinkRestException;

/** A job on a Flink cluster. */
public record FlinkJob(FlinkRest flink, String jobId) {

  /** Returns its latest failure, as {@code : message}; empty if Flink knows none or is silent. */
  public String cause() {
    try {
      return FlinkOptions.cause(flink, flink.job(jobId));
    } catch (FlinkRestException e) {
      return "";
    }
  }
}
