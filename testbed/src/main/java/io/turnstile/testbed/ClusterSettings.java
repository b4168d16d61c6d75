package io.turnstile.testbed;

import java.util.Map;
import java.util.TreeMap;

/** The settings of Kafka and Flink that do not depend on where they run. */
public final class ClusterSettings {
  private static final String REPLICATED = "3";

  private ClusterSettings() {}

  /**
   * Configuration of every broker, that of the caller included.
   *
   * @param brokers how many there are: data is kept on three of them if there are so many, on one
   *     otherwise
   */
  public static Map<String, String> broker(TestbedConfig config, int brokers) {
    Map<String, String> server = new TreeMap<>();
    server.put("auto.create.topics.enable", "false");

    String replicas = brokers < 3 ? "1" : REPLICATED;
    String inSync = brokers < 3 ? "1" : "2";
    server.put("default.replication.factor", replicas);
    server.put("min.insync.replicas", inSync);
    server.put("offsets.topic.replication.factor", replicas);
    server.put("offsets.topic.num.partitions", "4");
    server.put("transaction.state.log.replication.factor", replicas);
    server.put("transaction.state.log.min.isr", inSync);
    server.put("transaction.state.log.num.partitions", "4");
    server.put("share.coordinator.state.topic.replication.factor", replicas);
    server.put("share.coordinator.state.topic.min.isr", inSync);
    server.put("group.initial.rebalance.delay.ms", "0");

    // A killed broker that starts again within this time is refused: it still counts as alive.
    server.put("broker.heartbeat.interval.ms", "500");
    server.put("broker.session.timeout.ms", "2000");

    // By default, a producer that starts a transaction right after another waits for 20 ms.
    server.put("add.partitions.to.txn.retry.backoff.ms", "2");
    server.put("add.partitions.to.txn.retry.backoff.max.ms", "10");

    // More than any topic admits.
    server.put("message.max.bytes", Integer.toString(6 * 1024 * 1024));
    server.put("replica.fetch.max.bytes", Integer.toString(6 * 1024 * 1024));

    // The default buffer of 128 MiB is a large part of a small heap.
    server.put("log.cleaner.dedupe.buffer.size", Integer.toString(16 * 1024 * 1024));
    server.putAll(config.brokerConfig());
    return server;
  }

  /** Configuration of the JobManager and every TaskManager; the caller's may override it. */
  public static Map<String, String> flink(TestbedConfig config) {
    Map<String, String> flink = new TreeMap<>(FlinkProfile.read(config.flinkProfile()));
    flink.put("jobmanager.memory.process.size", config.jobManagerMemory());
    flink.put("taskmanager.memory.process.size", config.taskManagerMemory());
    flink.put("taskmanager.numberOfTaskSlots", Integer.toString(config.slots()));
    flink.put("rest.flamegraph.enabled", "true");
    flink.put("web.submit.enable", "true");
    flink.put("web.cancel.enable", "true");

    // Metrics and states are seen as they are now.
    flink.put("metrics.fetcher.update-interval", "1 s");
    flink.put("web.refresh-interval", "500 ms");
    return flink;
  }
}
