package io.turnstile.bench.result;

import java.util.List;

/**
 * Resources that a process used in the measured part of the run.
 *
 * @param process its role, as {@code taskmanager}; {@code load} is the measuring process itself
 * @param cpuCoresMean cores busy with it, on average
 * @param diskWrittenMb what it had written to storage, in MiB
 */
public record ProcessResources(
    String process,
    Double cpuCoresMean,
    Double cpuCoresMax,
    Double rssMaxMb,
    Double gcPauseMaxMs,
    Double gcPauseTotalMs,
    Double diskWrittenMb,
    List<Sample> series) {

  public ProcessResources {
    series = NullAsEmpty.copyOf(series);
  }

  /**
   * Resources that a process used at a time.
   *
   * @param cpuCores cores busy with it since the sample before
   * @param diskWrittenMb written since the measured part began, in MiB
   */
  public record Sample(double t, Double cpuCores, Double rssMb, Double diskWrittenMb) {}
}
