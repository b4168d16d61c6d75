package io.turnstile.testbed.container;

import com.github.dockerjava.api.DockerClient;
import io.turnstile.testbed.LogFile;
import io.turnstile.testbed.Ports;
import io.turnstile.testbed.ProcessRegistry;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedProcess;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Network;

/**
 * The containers, networks and volumes of one testbed, and the ports of this machine that they
 * publish. Thread-safe.
 */
final class DockerResources {
  private static final Logger LOG = LoggerFactory.getLogger(DockerResources.class);

  private final DockerClient docker = DockerClientFactory.lazyClient();
  private final String host = dockerHost();
  private final Network brokerNetwork = Network.newNetwork();
  private final Network flinkNetwork = Network.newNetwork();
  private final List<String> volumes = new CopyOnWriteArrayList<>();
  private final Ports ports = new Ports();
  private final ProcessRegistry<ManagedContainer> containers =
      new ProcessRegistry<>(ManagedContainer::isAlive);
  private volatile boolean closed;

  /** The address at which this machine reaches published ports. */
  static String dockerHost() {
    return DockerClientFactory.instance().dockerHostIpAddress();
  }

  String host() {
    return host;
  }

  Ports ports() {
    return ports;
  }

  /** The network that brokers are in, and Flink too. */
  Network brokerNetwork() {
    return brokerNetwork;
  }

  /** The network in which the processes of Flink find each other and ZooKeeper. */
  Network flinkNetwork() {
    return flinkNetwork;
  }

  ProcessRegistry<ManagedContainer> containers() {
    return containers;
  }

  ManagedContainer container(TestbedProcess target) {
    return containers.get(target);
  }

  /**
   * A container that is not started yet.
   *
   * @param logs directory for its log
   */
  ManagedContainer newContainer(TestbedProcess target, String image, Path logs) {
    ManagedContainer container =
        new ManagedContainer(target.toString(), image, new LogFile(logs.resolve(target + ".log")));
    containers.put(target, container);
    if (closed) {
      throw new TestbedException("the testbed is closed");
    }
    return container;
  }

  /** Makes a volume in memory, which lasts for as long as some container has it. */
  void createVolume(String name, String mountOptions) {
    volumes.add(name);
    docker
        .createVolumeCmd()
        .withName(name)
        .withDriver("local")
        .withDriverOpts(Map.of("type", "tmpfs", "device", "tmpfs", "o", mountOptions))
        .withLabels(labels())
        .exec();
  }

  /** The mount options of a file system in memory. */
  static String ownedBy(int user, String size) {
    return "size=%s,uid=%d,gid=%d".formatted(size, user, user);
  }

  /** The labels by which Testcontainers' reaper knows the resources of this JVM. */
  private static Map<String, String> labels() {
    Map<String, String> labels = new HashMap<>(DockerClientFactory.DEFAULT_LABELS);
    labels.put(DockerClientFactory.TESTCONTAINERS_SESSION_ID_LABEL, DockerClientFactory.SESSION_ID);
    return labels;
  }

  /** Removes everything; what cannot be removed is logged. */
  void remove() {
    closed = true;
    containers.all().forEach(container -> quietly(container.name(), container::close));
    volumes.forEach(volume -> quietly("volume", () -> docker.removeVolumeCmd(volume).exec()));
    quietly("network", brokerNetwork::close);
    quietly("network", flinkNetwork::close);
  }

  /** The others must be removed all the same. */
  private static void quietly(String what, Runnable removal) {
    try {
      removal.run();
    } catch (RuntimeException e) {
      LOG.warn("Could not remove the {}", what, e);
    }
  }
}
