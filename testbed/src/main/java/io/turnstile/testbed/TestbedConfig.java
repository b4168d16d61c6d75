package io.turnstile.testbed;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The processes of a {@link Testbed} and their configuration. Immutable.
 *
 * @param kafkaPort port of the broker, 0 for a free one
 * @param uiPort port of Flink's web UI and REST API, 0 for a free one
 * @param flink true for a Flink cluster, false for Kafka alone
 * @param taskManagers number of TaskManagers at the start
 * @param slots slots per TaskManager
 * @param taskManagerMemory total process size of a TaskManager, as Flink writes it
 * @param jobManagerMemory total process size of the JobManager, as Flink writes it
 * @param brokerHeap heap of the broker, as {@code -Xms} and {@code -Xmx} take it
 * @param brokerJvmOptions further options for the broker's JVM
 * @param flinkProfile the directory below {@code flink-conf/} whose configuration Flink runs with
 * @param checkpointScheme of the addresses of checkpoints and savepoints: {@code file}, or {@code
 *     slow} for storage that takes long to close a file
 * @param jobJar on the class path of the TaskManagers, which take its classes from there and not
 *     from what is submitted: they are in the archive of their classes, so that a TaskManager which
 *     has not run the job yet need not load them one by one; null for none, and of no effect in
 *     containers
 * @param flinkConfig Flink configuration that adds to or overrides the profile's and the testbed's
 * @param flinkPlugins directories of Flink plugins besides those that every testbed has; of no
 *     effect in containers
 * @param flinkEnvironment environment variables of Flink's processes; of no effect in containers
 * @param brokerConfig broker configuration that adds to or overrides the testbed's own
 * @param journalLanes lanes of the journals in a PostgreSQL that runs beside; 0 for none
 * @param baseDirectory parent of the directory that the testbed makes; it leaves nothing else there
 * @param startTimeout the time that a process may take until it answers
 */
@RecordBuilder
@RecordBuilder.Options(enableWither = false, enableGetters = false)
public record TestbedConfig(
    int kafkaPort,
    int uiPort,
    boolean flink,
    int taskManagers,
    int slots,
    String taskManagerMemory,
    String jobManagerMemory,
    String brokerHeap,
    List<String> brokerJvmOptions,
    String flinkProfile,
    String checkpointScheme,
    Path jobJar,
    Map<String, String> flinkConfig,
    List<Path> flinkPlugins,
    Map<String, String> flinkEnvironment,
    Map<String, String> brokerConfig,
    int journalLanes,
    Path baseDirectory,
    Duration startTimeout) {

  /** Copies the collections and rejects what cannot work. */
  public TestbedConfig {
    requirePort("kafkaPort", kafkaPort);
    requirePort("uiPort", uiPort);
    if (taskManagers < 0) {
      throw new IllegalArgumentException("taskManagers must not be negative: " + taskManagers);
    }
    if (slots < 1) {
      throw new IllegalArgumentException("slots must be at least 1: " + slots);
    }
    if (journalLanes < 0) {
      throw new IllegalArgumentException("journalLanes must not be negative: " + journalLanes);
    }
    brokerJvmOptions = List.copyOf(brokerJvmOptions);
    flinkConfig = Map.copyOf(flinkConfig);
    flinkPlugins = List.copyOf(flinkPlugins);
    flinkEnvironment = Map.copyOf(flinkEnvironment);
    brokerConfig = Map.copyOf(brokerConfig);
  }

  private static void requirePort(String name, int port) {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException(name + " must be between 0 and 65535: " + port);
    }
  }

  /** One broker, one JobManager, one TaskManager with two slots and 3 GB, free ports. */
  public static TestbedConfig defaults() {
    return builder().build();
  }

  /** The defaults, and a way to change them. Not thread-safe. */
  public static TestbedConfigBuilder builder() {
    return TestbedConfigBuilder.builder()
        .flink(true)
        .taskManagers(1)
        .slots(2)
        .taskManagerMemory("3g")
        .jobManagerMemory("1g")
        .brokerHeap("1g")
        .brokerJvmOptions(List.of())
        .flinkProfile("low-latency")
        .checkpointScheme("file")
        .flinkConfig(Map.of())
        .flinkPlugins(List.of())
        .flinkEnvironment(Map.of())
        .brokerConfig(Map.of())
        .baseDirectory(Path.of(System.getProperty("java.io.tmpdir")))
        .startTimeout(Duration.ofMinutes(3));
  }
}
