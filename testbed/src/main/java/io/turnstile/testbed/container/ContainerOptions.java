package io.turnstile.testbed.container;

import io.turnstile.testbed.TestbedConfig;

/**
 * The options of containers beyond a {@link TestbedConfig}.
 *
 * @param brokers number of brokers, 1 or 3; three keep three copies of everything and work without
 *     one of them
 * @param highAvailability true for a ZooKeeper, so that a JobManager that starts again takes its
 *     jobs up
 * @param checkpointStorage size of the storage for checkpoints, as {@code mount} takes it
 * @param brokerDisk size of the only broker's disk, as {@code mount} takes it; null for no bound
 * @param secured true if brokers have the {@link ContainerTestbed#SECURED_LISTENERS} as well
 */
public record ContainerOptions(
    int brokers,
    boolean highAvailability,
    String checkpointStorage,
    String brokerDisk,
    boolean secured) {

  /** Rejects what cannot work. */
  public ContainerOptions {
    if (brokers != 1 && brokers != 3) {
      throw new IllegalArgumentException("brokers must be 1 or 3, not " + brokers);
    }
    if (brokers > 1 && brokerDisk != null) {
      throw new IllegalArgumentException("only a single broker's disk can be bounded");
    }
  }

  /** One broker, no high availability, 1 GB for checkpoints. */
  public static ContainerOptions defaults() {
    return new ContainerOptions(1, false, "1g", null, false);
  }

  public ContainerOptions withBrokers(int count) {
    return new ContainerOptions(count, highAvailability, checkpointStorage, brokerDisk, secured);
  }

  public ContainerOptions withHighAvailability() {
    return new ContainerOptions(brokers, true, checkpointStorage, brokerDisk, secured);
  }

  public ContainerOptions withBrokerDisk(String size) {
    return new ContainerOptions(brokers, highAvailability, checkpointStorage, size, secured);
  }

  public ContainerOptions withSecuredListeners() {
    return new ContainerOptions(brokers, highAvailability, checkpointStorage, brokerDisk, true);
  }
}
