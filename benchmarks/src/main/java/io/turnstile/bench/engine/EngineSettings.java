package io.turnstile.bench.engine;

import java.util.Map;

/**
 * What a scenario says about the engines.
 *
 * @param parallelism how many inputs Turnstile decides at the same time, at most the number of
 *     lanes
 * @param peerThreads how many a peer does, likewise
 * @param lanes partitions of every topic
 * @param memory of the process that decides, as {@code 3g}: all of it, not the heap alone
 * @param profile of Flink's configuration, as {@code low-latency}
 * @param testbed {@code processes} or {@code containers}
 * @param checkpointStorage {@code local}, or {@code slow}: where closing a file takes long
 * @param job further options of the Turnstile job by name, without dashes
 * @param flink Flink configuration that overrides the profile's
 */
public record EngineSettings(
    int parallelism,
    int peerThreads,
    int lanes,
    String memory,
    String profile,
    String testbed,
    String checkpointStorage,
    Map<String, String> job,
    Map<String, String> flink) {

  private static final String CONTAINERS = "containers";

  /** Copies the maps and rejects what cannot work. */
  public EngineSettings {
    requireUpTo(lanes, "parallelism", parallelism);
    requireUpTo(lanes, "peer_threads", peerThreads);
    if (testbed.equals(CONTAINERS) && !checkpointStorage.equals("local")) {
      throw new IllegalArgumentException("checkpoint_storage: on containers there is only local");
    }
    job = Map.copyOf(job);
    flink = Map.copyOf(flink);
  }

  /** Whether Kafka and Flink run as containers; the peers cannot. */
  public boolean onContainers() {
    return testbed.equals(CONTAINERS);
  }

  private static void requireUpTo(int lanes, String name, int value) {
    if (value < 1 || value > lanes) {
      throw new IllegalArgumentException(
          name + " must be from 1 to the number of lanes (" + lanes + "), not " + value);
    }
  }
}
