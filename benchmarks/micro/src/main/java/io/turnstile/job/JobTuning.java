package io.turnstile.job;

import org.apache.flink.configuration.Configuration;

/** Opens what the job sets by itself to benchmarks in other packages. */
public final class JobTuning {

  private JobTuning() {}

  /** The job's settings on a cluster whose configuration is empty; a new copy. */
  public static Configuration onDefaults() {
    return TurnstileJob.tuning(new Configuration());
  }
}
