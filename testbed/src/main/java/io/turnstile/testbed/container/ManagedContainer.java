package io.turnstile.testbed.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.exception.InternalServerErrorException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports.Binding;
import io.turnstile.clients.Await;
import io.turnstile.testbed.LogFile;
import io.turnstile.testbed.TestbedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.ExecConfig;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;
import org.testcontainers.images.builder.Transferable;

/**
 * A container with a log file, and what to inflict on it. Thread-safe.
 *
 * <p>The container stays when its process ends, so that it can start again with the same data and
 * the same published ports.
 */
final class ManagedContainer {

  /**
   * Options for a JVM in a container. Addresses change when a container starts or connects again:
   * names are looked up each time.
   */
  static final String FRESH_NAMES = "-Dsun.net.inetaddr.ttl=1 -Dsun.net.inetaddr.negative.ttl=1";

  private static final Logger LOG = LoggerFactory.getLogger(ManagedContainer.class);
  private static final long QUOTA_PERIOD_US = 100_000;
  private static final Duration PAUSE_TIMEOUT = Duration.ofSeconds(10);

  private final String name;
  private final LogFile log;
  private final GenericContainer<?> container;
  private final DockerClient docker = DockerClientFactory.lazyClient();

  /** Ready at once: whoever starts the container knows better when it answers. */
  private static final class NoWait extends AbstractWaitStrategy {
    @Override
    protected void waitUntilReady() {}
  }

  ManagedContainer(String name, String image, LogFile log) {
    this.name = name;
    this.log = log;
    this.container = new GenericContainer<>(image).waitingFor(new NoWait());
  }

  String name() {
    return name;
  }

  /** The network whose published ports work, and the name by which it is found there. */
  ManagedContainer in(Network network) {
    container.withNetwork(network).withNetworkAliases(name);
    return this;
  }

  ManagedContainer environment(Map<String, String> variables) {
    container.withEnv(variables);
    return this;
  }

  ManagedContainer command(String... words) {
    container.withCommand(words);
    return this;
  }

  ManagedContainer file(String path, String content) {
    container.withCopyToContainer(Transferable.of(content), path);
    return this;
  }

  /** Publishes ports, at the same ports of the host at every start: Docker would change them. */
  ManagedContainer publish(Map<Integer, Integer> hostPorts) {
    return options(
        create -> {
          create.withExposedPorts(hostPorts.keySet().stream().map(ExposedPort::tcp).toList());
          create
              .getHostConfig()
              .withPortBindings(
                  hostPorts.entrySet().stream()
                      .map(
                          each ->
                              new PortBinding(
                                  Binding.bindPort(each.getValue()),
                                  ExposedPort.tcp(each.getKey())))
                      .toList());
        });
  }

  /** Sets what only Docker's own API offers. */
  ManagedContainer options(Consumer<CreateContainerCmd> change) {
    container.withCreateContainerCmdModifier(change);
    return this;
  }

  synchronized void start() {
    try {
      container.start();
    } catch (RuntimeException e) {
      throw new TestbedException("cannot start " + name + ": " + rootMessage(e), e);
    }
    follow();
  }

  /** Starts the container again after its process ended. */
  synchronized void startAgain() {
    if (isAlive()) {
      throw new TestbedException(name + " is running already");
    }
    // Only new lines follow: the old ones are in the file.
    docker.startContainerCmd(id()).exec();
    follow();
  }

  private void follow() {
    docker
        .logContainerCmd(id())
        .withStdOut(true)
        .withStdErr(true)
        .withFollowStream(true)
        .withSince(startedAtSeconds())
        .exec(new ContainerLogWriter(log.path()));
  }

  private int startedAtSeconds() {
    return (int) Instant.parse(state().getStartedAt()).getEpochSecond();
  }

  private static String rootMessage(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage();
  }

  private String id() {
    String id = container.getContainerId();
    if (id == null) {
      throw new TestbedException(name + " was not started");
    }
    return id;
  }

  private ContainerState state() {
    return docker.inspectContainerCmd(id()).exec().getState();
  }

  String imageId() {
    return docker.inspectContainerCmd(id()).exec().getImageId();
  }

  /** Waits until the process answers; fails at once when it ends before. */
  void awaitReady(Duration timeout, BooleanSupplier ready) {
    Await.until(
        timeout,
        () -> {
          requireAlive();
          return ready.getAsBoolean();
        },
        () ->
            new TestbedException(
                name + " is not ready within " + timeout.toSeconds() + " s" + log.tail()));
  }

  synchronized boolean isAlive() {
    if (container.getContainerId() == null) {
      return false;
    }
    try {
      return Boolean.TRUE.equals(state().getRunning());
    } catch (NotFoundException e) {
      return false;
    }
  }

  private void requireAlive() {
    ContainerState state = state();
    if (!Boolean.TRUE.equals(state.getRunning())) {
      throw new TestbedException(
          name + " ended with exit code " + state.getExitCodeLong() + log.tail());
    }
  }

  long pid() {
    requireAlive();
    return state().getPidLong();
  }

  void stop(Duration timeout) {
    requireAlive();
    if (Boolean.TRUE.equals(state().getPaused())) {
      resume();
    }
    docker.stopContainerCmd(id()).withTimeout((int) timeout.toSeconds()).exec();
  }

  void kill() {
    requireAlive();
    docker.killContainerCmd(id()).exec();
    awaitEnd(Duration.ofSeconds(10));
  }

  /** Waits until the process has ended by itself. */
  void awaitEnd(Duration timeout) {
    Await.until(
        timeout,
        () -> !isAlive(),
        () -> new TestbedException(name + " did not end within " + timeout.toSeconds() + " s"));
  }

  void pause() {
    requireAlive();
    AtomicReference<String> refused = new AtomicReference<>();
    Await.until(
        PAUSE_TIMEOUT,
        () -> Boolean.TRUE.equals(state().getPaused()) || tryToPause(refused),
        () -> new TestbedException("cannot pause " + name + ": " + refused.get()));
  }

  /** A runtime waits only briefly until all threads are frozen, and answers with an error then. */
  private boolean tryToPause(AtomicReference<String> refused) {
    try {
      docker.pauseContainerCmd(id()).exec();
      return true;
    } catch (InternalServerErrorException e) {
      refused.set(e.getMessage());
      return false;
    }
  }

  void resume() {
    requireAlive();
    if (!Boolean.TRUE.equals(state().getPaused())) {
      throw new TestbedException(name + " is not paused");
    }
    docker.unpauseContainerCmd(id()).exec();
  }

  /** Others do not find it by its name there. */
  void connect(Network network) {
    connect(network, List.of());
  }

  /** Others find it by its name there. */
  void connectByName(Network network) {
    connect(network, List.of(name));
  }

  private void connect(Network network, List<String> aliases) {
    docker
        .connectToNetworkCmd()
        .withNetworkId(network.getId())
        .withContainerId(id())
        .withContainerNetwork(new ContainerNetwork().withAliases(aliases))
        .exec();
  }

  void disconnect(Network network) {
    docker
        .disconnectFromNetworkCmd()
        .withNetworkId(network.getId())
        .withContainerId(id())
        .withForce(true)
        .exec();
  }

  /** Limits the processor time to that many cores; 0 for no limit. */
  void limitCpu(double cores) {
    docker
        .updateContainerCmd(id())
        .withCpuPeriod(QUOTA_PERIOD_US)
        .withCpuQuota(cores == 0 ? -1 : (long) (cores * QUOTA_PERIOD_US))
        .exec();
  }

  /** Limits its memory, file cache included; the kernel ends a process rather than exceed it. */
  void limitMemory(long bytes) {
    docker.updateContainerCmd(id()).withMemory(bytes).withMemorySwap(bytes).exec();
  }

  /** Runs a shell command in the container as root, which must be a success. */
  String run(String command) {
    try {
      ExecResult result =
          container.execInContainer(
              ExecConfig.builder()
                  .user("root")
                  .command(new String[] {"/bin/sh", "-c", command})
                  .build());
      if (result.getExitCode() != 0) {
        throw new TestbedException(
            "in %s, `%s` failed with %d: %s"
                .formatted(name, command, result.getExitCode(), result.getStderr().strip()));
      }
      return result.getStdout();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestbedException("interrupted in " + name, e);
    }
  }

  /** Removes the container, whatever state it is in. */
  synchronized void close() {
    String id = container.getContainerId();
    if (id == null) {
      return;
    }
    try {
      docker.removeContainerCmd(id).withForce(true).withRemoveVolumes(true).exec();
    } catch (NotFoundException | NotModifiedException e) {
      LOG.debug("{} is gone already", name, e);
    }
    // Forgets it; it finds nothing left to remove.
    container.stop();
  }
}
