package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.turnstile.clients.FlinkRest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.startupcheck.OneShotStartupCheckStrategy;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/**
 * Runs pods of a manifest as containers: image, command, arguments, environment, user, security
 * settings, memory limit, config maps and volumes are the manifest's. Services become names in the
 * network. Probes do not run by themselves; see {@link #isReady}.
 */
final class PodContainers implements AutoCloseable {

  /** The port that tests may reach, by its name in the manifest. */
  private static final String WEB = "web";

  private static final String KAFKA = "apache/kafka";
  private static final Volume KAFKA_CONFIG = new Volume("/mnt/shared/config");

  /**
   * Beside the manifest: not every build of the image has files of its own that its user may copy
   * and write.
   */
  private static final Map<String, String> KAFKA_LOG =
      Stream.of("log4j2.yaml", "tools-log4j2.yaml")
          .collect(
              Collectors.toMap(
                  Function.identity(),
                  name ->
                      """
                      Configuration:
                        Appenders:
                          Console:
                            name: STDOUT
                            PatternLayout:
                              pattern: "[%d] %p %m (%c)%n"
                        Loggers:
                          Root:
                            level: WARN
                            AppenderRef:
                              - ref: STDOUT
                      """));

  /** Directory where a script finds the JARs that only a checkout has. */
  static final String LABORATORY = "/opt/laboratory";

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int GRACE_SECONDS = 60;

  private final Manifests manifests;
  private final Path directory;
  private final String prefix;
  private final Network network = Network.newNetwork();
  private final List<GenericContainer<?>> containers = new ArrayList<>();
  private final Map<String, String> volumes = new HashMap<>();

  /**
   * @param directory for the files of config maps
   */
  PodContainers(Manifests manifests, Path directory) {
    this.manifests = manifests;
    this.directory = directory;
    this.prefix = "turnstile-helm-" + network.getId().substring(0, 12);
  }

  /** Runs the pod's init containers to their end, then starts its container. */
  GenericContainer<?> start(PodTemplateSpec template) {
    for (Container container : template.getSpec().getInitContainers()) {
      runToEnd(template.getSpec(), container);
    }
    GenericContainer<?> started =
        container(template.getSpec(), template.getSpec().getContainers().get(0));
    started.withNetworkAliases(
        manifests.all(Service.class).stream()
            .filter(service -> selects(service, template))
            .map(service -> service.getMetadata().getName())
            .toArray(String[]::new));
    containers.add(started);
    started.start();
    return started;
  }

  /** Ends a container as Kubernetes does, with time to clean up. */
  void stop(GenericContainer<?> running) {
    DockerClientFactory.lazyClient()
        .stopContainerCmd(running.getContainerId())
        .withTimeout(GRACE_SECONDS)
        .exec();
    running.stop();
  }

  /**
   * Runs a shell script where a pod's container would run, with what that one has and the
   * laboratory's JARs.
   */
  GenericContainer<?> startScript(PodSpec pod, String script) {
    Container instead =
        new ContainerBuilder(pod.getContainers().get(0))
            .withCommand("bash", "-c", script)
            .withArgs()
            .build();
    GenericContainer<?> started = container(pod, instead);
    Path benchmarks = Path.of(System.getProperty("turnstile.home"), "benchmarks", "target");
    assertThat(benchmarks.resolve("turnstile-benchmarks.jar"))
        .as("the laboratory, which has the load; build it first")
        .exists();
    started.withCreateContainerCmdModifier(
        command -> {
          // Behind the modifier that mounts what the pod has.
          HostConfig host = command.getHostConfig();
          List<Bind> binds = new ArrayList<>(List.of(host.getBinds()));
          for (String file : List.of("turnstile-benchmarks.jar", "lib")) {
            binds.add(
                new Bind(
                    benchmarks.resolve(file).toString(),
                    new Volume(LABORATORY + "/" + file),
                    AccessMode.ro));
          }
          host.withBinds(binds.toArray(Bind[]::new));
        });
    containers.add(started);
    started.start();
    return started;
  }

  /** Runs a pod's container to its end, which must be a success; returns what it printed. */
  String run(PodSpec pod) {
    return runToEnd(pod, pod.getContainers().get(0));
  }

  private String runToEnd(PodSpec pod, Container container) {
    return once(container(pod, container), container.getName());
  }

  private String once(GenericContainer<?> container, String name) {
    containers.add(container);
    container.withStartupCheckStrategy(new OneShotStartupCheckStrategy().withTimeout(PATIENCE));
    try {
      container.start();
    } catch (RuntimeException e) {
      throw new AssertionError(name + " failed: " + container.getLogs(), e);
    }
    return container.getLogs();
  }

  /** Flink's REST API of a JobManager that runs. */
  static FlinkRest rest(GenericContainer<?> master) {
    return new FlinkRest(
        URI.create("http://" + master.getHost() + ":" + master.getFirstMappedPort()));
  }

  /** Runs the container's readiness probe once. */
  static boolean isReady(GenericContainer<?> running, Container container)
      throws IOException, InterruptedException {
    List<String> command = container.getReadinessProbe().getExec().getCommand();
    return running.execInContainer(command.toArray(String[]::new)).getExitCode() == 0;
  }

  private static boolean selects(Service service, PodTemplateSpec template) {
    return template
        .getMetadata()
        .getLabels()
        .entrySet()
        .containsAll(service.getSpec().getSelector().entrySet());
  }

  private GenericContainer<?> container(PodSpec pod, Container container) {
    GenericContainer<?> made = new GenericContainer<>(DockerImageName.parse(container.getImage()));
    made.withNetwork(network);
    for (ContainerPort port : container.getPorts()) {
      if (WEB.equals(port.getName())) {
        made.withExposedPorts(port.getContainerPort());
        made.waitingFor(Wait.forListeningPort().withStartupTimeout(PATIENCE));
      }
    }
    // The container has no address yet, and a name does as well.
    String name = "pod-" + containers.size();
    made.withNetworkAliases(name);
    if (!container.getArgs().isEmpty()) {
      made.withCommand(
          container.getArgs().stream()
              .map(argument -> argument.replace("$(POD_IP)", name))
              .toArray(String[]::new));
    }
    for (EnvVar variable : container.getEnv()) {
      if (variable.getValue() != null) {
        made.withEnv(variable.getName(), variable.getValue());
      }
    }
    made.withCreateContainerCmdModifier(
        command -> {
          if (!container.getCommand().isEmpty()) {
            command.withEntrypoint(container.getCommand());
          }
          command.withUser(user(pod) + ":" + group(pod));
          secure(command.getHostConfig(), container);
          mount(command.getHostConfig(), pod, container);
        });
    return made;
  }

  /** As OpenShift chooses it, where the manifest does not: it has no name in the image. */
  private static long user(PodSpec pod) {
    Long user = pod.getSecurityContext().getRunAsUser();
    return user == null ? 1_000_680_000L : user;
  }

  private static long group(PodSpec pod) {
    Long group = pod.getSecurityContext().getRunAsGroup();
    return group == null ? 0 : group;
  }

  private static void secure(HostConfig host, Container container) {
    host.withReadonlyRootfs(container.getSecurityContext().getReadOnlyRootFilesystem());
    host.withCapDrop(
        container.getSecurityContext().getCapabilities().getDrop().stream()
            .map(Capability::valueOf)
            .toArray(Capability[]::new));
    host.withSecurityOpts(List.of("no-new-privileges"));
    host.withMemory(
        container.getResources().getLimits().get("memory").getNumericalAmount().longValueExact());
  }

  private void mount(HostConfig host, PodSpec pod, Container container) {
    List<Bind> binds = new ArrayList<>();
    Map<String, String> memory = new HashMap<>();
    // An engine may give it the mode of the image's own directory, whatever is said here.
    String options = "mode=1777,exec,uid=%d,gid=%d".formatted(user(pod), group(pod));
    for (VolumeMount mount : container.getVolumeMounts()) {
      AccessMode mode = Boolean.TRUE.equals(mount.getReadOnly()) ? AccessMode.ro : AccessMode.rw;
      io.fabric8.kubernetes.api.model.Volume volume =
          pod.getVolumes().stream()
              .filter(each -> each.getName().equals(mount.getName()))
              .findFirst()
              .orElse(null);
      if (volume != null && volume.getConfigMap() != null) {
        Path files = write(volume.getConfigMap().getName());
        binds.add(new Bind(files.toString(), new Volume(mount.getMountPath()), AccessMode.ro));
      } else if (volume != null && volume.getPersistentVolumeClaim() != null) {
        String claim = volume.getPersistentVolumeClaim().getClaimName();
        binds.add(new Bind(shared(claim, pod), new Volume(mount.getMountPath()), mode));
      } else {
        // An empty directory, or the claim of a stateful set.
        memory.put(mount.getMountPath(), options);
      }
    }
    if (container.getImage().contains(KAFKA)) {
      binds.add(new Bind(write("kafka-log", KAFKA_LOG).toString(), KAFKA_CONFIG, AccessMode.ro));
    }
    host.withBinds(binds.toArray(Bind[]::new));
    host.withTmpFs(memory);
  }

  private String shared(String volume, PodSpec pod) {
    return volumes.computeIfAbsent(volume, name -> make(name, pod));
  }

  /** A volume that belongs to the pod's group, as Kubernetes makes it. */
  private String make(String volume, PodSpec pod) {
    Long chosen = pod.getSecurityContext().getFsGroup();
    long owners = chosen == null ? group(pod) : chosen;
    String name = prefix + "-" + volume;
    GenericContainer<?> owner =
        new GenericContainer<>(DockerImageName.parse(pod.getContainers().get(0).getImage()));
    owner.withCreateContainerCmdModifier(
        command -> {
          command.withUser("0:0");
          command.withEntrypoint("sh", "-c", "chown :" + owners + " /volume && chmod 2775 /volume");
          command.getHostConfig().withBinds(new Bind(name, new Volume("/volume")));
        });
    owner.withCommand();
    once(owner, "the volume " + volume);
    return name;
  }

  private Path write(String configMap) {
    ConfigMap map =
        manifests.all(ConfigMap.class).stream()
            .filter(each -> each.getMetadata().getName().equals(configMap))
            .findFirst()
            .orElseThrow();
    return write(configMap, map.getData());
  }

  private Path write(String name, Map<String, String> contents) {
    try {
      Path files = Files.createDirectories(directory.resolve(name));
      for (Map.Entry<String, String> entry : contents.entrySet()) {
        Files.writeString(files.resolve(entry.getKey()), entry.getValue());
      }
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    for (int i = containers.size() - 1; i >= 0; i--) {
      containers.get(i).stop();
    }
    volumes.values().forEach(name -> DockerClientFactory.lazyClient().removeVolumeCmd(name).exec());
    network.close();
  }
}
