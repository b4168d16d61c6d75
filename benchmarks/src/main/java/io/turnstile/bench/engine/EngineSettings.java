package io.turnstile.bench.engine;

import java.util.Map;

/**
 * What a scenario says about the engines.
 *
 * @param parallelism how many inputs are decided at the same time, at most the number of lanes
 * @param lanes partitions of every topic
 * @param memory of the process that decides, as {@code 3g}: all of it, not the heap alone
 * @param profile of Flink's configuration, as {@code low-latency}
 * @param checkpointStorage {@code local}, or {@code slow}: where closing a file takes long
 * @param job further options of the Turnstile job by name, without dashes
 * @param flink Flink configuration that overrides the profile's
 */
public record EngineSettings(
    int parallelism,
    int lanes,
    String memory,
    String profile,
    String checkpointStorage,
    Map<String, String> job,
    Map<String, String> flink) {

  /** Copies the maps and rejects what cannot work. */
  public EngineSettings {
    if (parallelism < 1 || parallelism > lanes) {
      throw new IllegalArgumentException(
          "parallelism must be from 1 to the number of lanes (" + lanes + "), not " + parallelism);
    }
    job = Map.copyOf(job);
    flink = Map.copyOf(flink);
  }
}
