package io.turnstile.helm.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A namespace of its own that enforces the <em>restricted</em> Pod Security Standard. Closing it
 * removes it with all that is in it, and gives volumes that the cluster keeps back empty.
 */
final class Namespace implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String name;

  private Namespace(String name) {
    this.name = name;
  }

  /**
   * @param purpose begins its name
   */
  static Namespace create(String purpose) {
    Namespace namespace =
        new Namespace(purpose + "-" + UUID.randomUUID().toString().substring(0, 8));
    namespace.kubectl("create", "namespace", namespace.name);
    namespace.setPodSecurity("restricted");
    return namespace;
  }

  String name() {
    return name;
  }

  /** Runs kubectl in the namespace, which must succeed; returns what it printed. */
  String kubectl(String... arguments) {
    return tryKubectl(arguments).orFail().output();
  }

  Command tryKubectl(String... arguments) {
    return Command.run(line("kubectl", arguments));
  }

  /** Runs helm in the namespace, which must succeed; returns what it printed. */
  String helm(String... arguments) {
    return tryHelm(arguments).orFail().output();
  }

  Command tryHelm(String... arguments) {
    return Command.run(line("helm", arguments));
  }

  void apply(String yaml) {
    Command.run(line("kubectl", "apply", "--filename=-"), yaml).orFail();
  }

  /** What {@code kubectl get … --output=json} answers. */
  JsonNode get(String... arguments) {
    List<String> all = new ArrayList<>(List.of("get", "--output=json"));
    all.addAll(List.of(arguments));
    try {
      return JSON.readTree(kubectl(all.toArray(String[]::new)));
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  /** Copies a compiled class of the tests to {@code /scratch/classes} of a pod. */
  void copyClass(Class<?> type, String pod) {
    String file = type.getName().replace('.', '/') + ".class";
    String target = "/scratch/classes/" + file;
    kubectl("exec", pod, "--", "mkdir", "-p", Path.of(target).getParent().toString());
    kubectl(
        "cp",
        Release.CHART.resolveSibling("target/test-classes").resolve(file).toString(),
        pod + ":" + target);
  }

  private List<String> line(String command, String... arguments) {
    List<String> line = new ArrayList<>(List.of(command, "--namespace=" + name));
    line.addAll(List.of(arguments));
    return line;
  }

  private void setPodSecurity(String level) {
    for (String mode : List.of("enforce", "warn", "audit")) {
      kubectl(
          "label",
          "--overwrite",
          "namespace",
          name,
          "pod-security.kubernetes.io/%s=%s".formatted(mode, level));
    }
  }

  @Override
  public void close() {
    helm("list", "--short")
        .lines()
        .forEach(release -> helm("uninstall", release, "--wait", "--timeout=5m"));
    List<String> kept = new ArrayList<>();
    List<String> claims = new ArrayList<>();
    for (JsonNode volume : get("persistentvolumes").path("items")) {
      JsonNode claim = volume.at("/spec/claimRef");
      if (claim.path("namespace").asText().equals(name)
          && volume.at("/spec/persistentVolumeReclaimPolicy").asText().equals("Retain")) {
        kept.add(volume.at("/metadata/name").asText());
        claims.add(claim.path("name").asText());
      }
    }
    if (!claims.isEmpty()) {
      empty(claims);
    }
    kubectl("delete", "namespace", name, "--timeout=5m");
    kept.forEach(
        volume ->
            kubectl(
                "patch",
                "persistentvolume",
                volume,
                "--type=merge",
                "--patch={\"spec\":{\"claimRef\":null}}"));
    assertThat(kubectl("get", "namespaces", "--output=name").lines())
        .doesNotContain("namespace/" + name);
    for (JsonNode volume : get("persistentvolumes").path("items")) {
      assertThat(volume.at("/spec/claimRef/namespace").asText()).isNotEqualTo(name);
    }
  }

  /** As root, for more than one user has written there. */
  private void empty(List<String> claims) {
    setPodSecurity("privileged");
    StringBuilder mounts = new StringBuilder();
    StringBuilder volumes = new StringBuilder();
    for (int i = 0; i < claims.size(); i++) {
      mounts.append("        - {name: v%d, mountPath: /volumes/%<d}%n".formatted(i));
      volumes.append(
          "    - {name: v%d, persistentVolumeClaim: {claimName: %s}}%n"
              .formatted(i, claims.get(i)));
    }
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: empty
        spec:
          restartPolicy: Never
          automountServiceAccountToken: false
          containers:
            - name: empty
              image: %s
              command: [find, /volumes, -mindepth, "2", -delete]
              securityContext:
                runAsUser: 0
              volumeMounts:
        %s
          volumes:
        %s
        """
            .formatted(
                Release.IMAGE,
                mounts.toString().stripTrailing(),
                volumes.toString().stripTrailing()));
    kubectl("wait", "pod/empty", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=3m");
  }
}
