package io.turnstile.helm;

import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.startupcheck.OneShotStartupCheckStrategy;
import org.testcontainers.utility.DockerImageName;

/**
 * Runs pods of a manifest as containers: image, command, arguments, environment, user, security
 * settings, memory limit, config maps and volumes are the manifest's. Services become names in the
 * network. Probes do not run by themselves; see {@link #isReady}.
 */
final class PodContainers implements AutoCloseable {

  private final Manifests manifests;
  private final Path directory;
  private final String prefix;
  private final Network network = Network.newNetwork();
  private final List<GenericContainer<?>> containers = new ArrayList<>();
  private final Map<String, String> claims = new HashMap<>();

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

  /** Runs a pod's container to its end, which must be a success; returns what it printed. */
  String run(PodSpec pod) {
    return runToEnd(pod, pod.getContainers().get(0));
  }

  private String runToEnd(PodSpec pod, Container container) {
    return once(container(pod, container), container.getName());
  }

  private String once(GenericContainer<?> container, String name) {
    containers.add(container);
    container.withStartupCheckStrategy(
        new OneShotStartupCheckStrategy().withTimeout(Duration.ofMinutes(3)));
    try {
      container.start();
    } catch (RuntimeException e) {
      throw new AssertionError(name + " failed: " + container.getLogs(), e);
    }
    return container.getLogs();
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
    if (!container.getArgs().isEmpty()) {
      made.withCommand(container.getArgs().toArray(String[]::new));
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
          command.withUser(
              pod.getSecurityContext().getRunAsUser()
                  + ":"
                  + pod.getSecurityContext().getRunAsGroup());
          secure(command.getHostConfig(), container);
          mount(command.getHostConfig(), pod, container);
        });
    return made;
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
        String name = claims.computeIfAbsent(claim, key -> volume(key, pod, container.getImage()));
        binds.add(new Bind(name, new Volume(mount.getMountPath()), mode));
      } else {
        // An empty directory, or the claim of a stateful set.
        memory.put(mount.getMountPath(), "mode=1777,exec");
      }
    }
    host.withBinds(binds.toArray(Bind[]::new));
    host.withTmpFs(memory);
  }

  /** A volume that belongs to the pod's group, as Kubernetes makes it. */
  private String volume(String claim, PodSpec pod, String image) {
    String name = prefix + "-" + claim;
    GenericContainer<?> owner = new GenericContainer<>(DockerImageName.parse(image));
    owner.withCreateContainerCmdModifier(
        command -> {
          command.withUser("0:0");
          command.withEntrypoint(
              "sh",
              "-c",
              "chown :" + pod.getSecurityContext().getFsGroup() + " /claim && chmod 2775 /claim");
          command.getHostConfig().withBinds(new Bind(name, new Volume("/claim")));
        });
    owner.withCommand();
    once(owner, "the volume " + claim);
    return name;
  }

  private Path write(String configMap) {
    ConfigMap map =
        manifests.all(ConfigMap.class).stream()
            .filter(each -> each.getMetadata().getName().equals(configMap))
            .findFirst()
            .orElseThrow();
    try {
      Path files = Files.createDirectories(directory.resolve(configMap));
      for (Map.Entry<String, String> entry : map.getData().entrySet()) {
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
    claims.values().forEach(name -> DockerClientFactory.lazyClient().removeVolumeCmd(name).exec());
    network.close();
  }
}
