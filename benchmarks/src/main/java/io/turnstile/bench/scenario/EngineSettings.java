package io.turnstile.bench.scenario;

import java.util.Map;

/**
 * The part of a scenario that is about the engines. What the file does not say has a default; no
 * component is null.
 *
 * @param parallelism inputs that Turnstile decides at the same time, at most the number of lanes
 * @param peerThreads inputs that a peer decides at the same time, likewise
 * @param lanes partitions of every topic
 * @param memory of the process that decides, as {@code 3g}: all of it, not the heap alone
 * @param checkpointStorage {@code local}, or {@code slow}: where closing a file takes long
 * @param job further options of the Turnstile job by name, without dashes
 * @param flink Flink configuration that overrides the profile's
 */
public record EngineSettings(
    Integer parallelism,
    Integer peerThreads,
    Integer lanes,
    String memory,
    String profile,
    String testbed,
    String checkpointStorage,
    Map<String, String> job,
    Map<String, String> flink) {

  /** The settings of a scenario that says nothing about engines. */
  public static final EngineSettings DEFAULT =
      new EngineSettings(null, null, null, null, null, null, null, null, null);

  /** Fills in the defaults, copies the maps and rejects what cannot work. */
  public EngineSettings {
    lanes = Check.atLeast("lanes", 1, lanes, 2);
    String upToLanes = "from 1 to the number of lanes (" + lanes + ")";
    parallelism = Check.within("parallelism", upToLanes, 1, lanes, parallelism, lanes);
    peerThreads = Check.within("peer_threads", upToLanes, 1, lanes, peerThreads, parallelism);
    memory = Check.matches("memory", "[0-9]+[mg]", memory, "3g");
    profile = Check.matches("profile", "[a-z][a-z-]*", profile, "low-latency");
    testbed = Check.matches("testbed", "processes|containers", testbed, "processes");
    checkpointStorage =
        Check.matches("checkpoint_storage", "local|slow", checkpointStorage, "local");
    Check.that(
        !testbed.equals("containers") || checkpointStorage.equals("local"),
        "checkpoint_storage: on containers there is only local");
    job = job == null ? Map.of() : Map.copyOf(job);
    flink = flink == null ? Map.of() : Map.copyOf(flink);
  }

  /** The same with so many lanes, all of them decided at the same time. */
  public EngineSettings withLanes(int count) {
    return new EngineSettings(
        count, count, count, memory, profile, testbed, checkpointStorage, job, flink);
  }

  /** Tells whether Kafka and Flink run as containers; the peers cannot. */
  public boolean onContainers() {
    return testbed.equals("containers");
  }
}
