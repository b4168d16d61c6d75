package io.turnstile.testbed;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a {@link Testbed} consists of.
 *
 * @param kafkaPort port of the broker, 0 for a free one
 * @param uiPort port of Flink's web UI and REST API, 0 for a free one
 * @param flink whether there is a Flink cluster at all
 * @param taskManagers how many TaskManagers to start with
 * @param slots slots per TaskManager
 * @param taskManagerMemory total process size of a TaskManager, as Flink writes it
 * @param jobManagerMemory total process size of the JobManager, as Flink writes it
 * @param brokerHeap heap of the broker, as {@code -Xms} and {@code -Xmx} take it
 * @param brokerJvmOptions further options for the broker's JVM
 * @param flinkProfile the directory below {@code flink-conf/} whose configuration Flink runs with
 * @param checkpointScheme of the addresses of checkpoints and savepoints: {@code file}, or {@code
 *     slow} for storage that takes long to close a file
 * @param flinkConfig Flink configuration that adds to or overrides the profile's and the testbed's
 * @param brokerConfig broker configuration that adds to or overrides the testbed's own
 * @param baseDirectory where the testbed makes its directory; it leaves nothing else there
 * @param startTimeout how long a process may take until it answers
 */
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
    Map<String, String> flinkConfig,
    Map<String, String> brokerConfig,
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
    brokerJvmOptions = List.copyOf(brokerJvmOptions);
    flinkConfig = Map.copyOf(flinkConfig);
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

  public static Builder builder() {
    return new Builder();
  }

  /** The defaults, and a way to change them. Not thread-safe. */
  public static final class Builder {
    private int kafkaPort = 0;
    private int uiPort = 0;
    private boolean flink = true;
    private int taskManagers = 1;
    private int slots = 2;
    private String taskManagerMemory = "3g";
    private String jobManagerMemory = "1g";
    private String brokerHeap = "1g";
    private List<String> brokerJvmOptions = List.of();
    private String flinkProfile = "low-latency";
    private String checkpointScheme = "file";
    private Map<String, String> flinkConfig = Map.of();
    private Map<String, String> brokerConfig = Map.of();
    private Path baseDirectory = Path.of(System.getProperty("java.io.tmpdir"));
    private Duration startTimeout = Duration.ofSeconds(90);

    private Builder() {}

    public Builder kafkaPort(int port) {
      this.kafkaPort = port;
      return this;
    }

    public Builder uiPort(int port) {
      this.uiPort = port;
      return this;
    }

    /** No Flink: only the broker. */
    public Builder kafkaOnly() {
      this.flink = false;
      return this;
    }

    public Builder taskManagers(int count) {
      this.taskManagers = count;
      return this;
    }

    public Builder slots(int perTaskManager) {
      this.slots = perTaskManager;
      return this;
    }

    public Builder taskManagerMemory(String processSize) {
      this.taskManagerMemory = processSize;
      return this;
    }

    public Builder jobManagerMemory(String processSize) {
      this.jobManagerMemory = processSize;
      return this;
    }

    public Builder brokerHeap(String heap) {
      this.brokerHeap = heap;
      return this;
    }

    public Builder brokerJvmOptions(List<String> options) {
      this.brokerJvmOptions = options;
      return this;
    }

    public Builder flinkProfile(String name) {
      this.flinkProfile = name;
      return this;
    }

    public Builder checkpointScheme(String scheme) {
      this.checkpointScheme = scheme;
      return this;
    }

    public Builder flinkConfig(Map<String, String> config) {
      this.flinkConfig = config;
      return this;
    }

    public Builder brokerConfig(Map<String, String> config) {
      this.brokerConfig = config;
      return this;
    }

    public Builder baseDirectory(Path directory) {
      this.baseDirectory = directory;
      return this;
    }

    public Builder startTimeout(Duration timeout) {
      this.startTimeout = timeout;
      return this;
    }

    public TestbedConfig build() {
      return new TestbedConfig(
          kafkaPort,
          uiPort,
          flink,
          taskManagers,
          slots,
          taskManagerMemory,
          jobManagerMemory,
          brokerHeap,
          brokerJvmOptions,
          flinkProfile,
          checkpointScheme,
          flinkConfig,
          brokerConfig,
          baseDirectory,
          startTimeout);
    }
  }
}
