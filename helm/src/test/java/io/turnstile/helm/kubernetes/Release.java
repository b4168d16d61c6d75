package io.turnstile.helm.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The chart as release {@code turnstile} of a namespace. */
final class Release {

  static final String NAME = "turnstile";

  static final Path CHART =
      Path.of(System.getProperty("turnstile.home"), "helm", "turnstile").toAbsolutePath();

  /** The image under test, which the cluster must have or be able to pull. */
  static final String IMAGE = System.getProperty("kubernetes.image", "turnstile:" + version());

  private static final String LIMIT = "--timeout=8m";

  private final Namespace namespace;
  private final List<String> values;

  /**
   * @param values arguments of helm that set them
   */
  Release(Namespace namespace, List<String> values) {
    this.namespace = namespace;
    this.values = new ArrayList<>(values);
    if (System.getProperty("kubernetes.image") != null) {
      this.values.addAll(image(IMAGE));
    }
  }

  private static String version() {
    try {
      Matcher version =
          Pattern.compile("(?m)^appVersion: *\"?([^\"\\s]+)")
              .matcher(Files.readString(CHART.resolve("Chart.yaml")));
      assertThat(version.find()).isTrue();
      return version.group(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The arguments that choose an image. */
  static List<String> image(String image) {
    int colon = image.lastIndexOf(':');
    return List.of(
        "--set-string=image.repository=" + image.substring(0, colon),
        "--set-string=image.tag=" + image.substring(colon + 1));
  }

  void install() {
    namespace.helm(arguments("install", List.of()));
  }

  /**
   * @param more arguments that set further values
   */
  void upgrade(String... more) {
    tryUpgrade(more).orFail();
  }

  Command tryUpgrade(String... more) {
    return namespace.tryHelm(arguments("upgrade", List.of(more)));
  }

  private String[] arguments(String command, List<String> more) {
    List<String> all = new ArrayList<>(List.of(command, NAME, CHART.toString(), "--wait", LIMIT));
    all.addAll(values);
    all.addAll(more);
    return all.toArray(String[]::new);
  }

  /** The newest revision, deployed or not. */
  int revision() {
    return Integer.parseInt(
        namespace
            .helm("status", NAME)
            .lines()
            .filter(line -> line.startsWith("REVISION: "))
            .map(line -> line.substring("REVISION: ".length()).strip())
            .findFirst()
            .orElseThrow());
  }

  void rollback(int revision) {
    namespace.helm("rollback", NAME, Integer.toString(revision), "--wait", LIMIT);
  }

  void uninstall() {
    namespace.helm("uninstall", NAME, "--wait", LIMIT);
  }

  /** Runs {@code helm test}; returns what the check said. */
  String check() {
    return namespace.helm("test", NAME, "--logs", LIMIT);
  }

  /** The pods of a component that are not on their way out. */
  List<JsonNode> pods(String component) {
    List<JsonNode> pods = new ArrayList<>();
    for (JsonNode pod :
        namespace
            .get("pods", "--selector=app.kubernetes.io/component=" + component)
            .path("items")) {
      if (!pod.path("metadata").has("deletionTimestamp")) {
        pods.add(pod);
      }
    }
    return pods;
  }

  /** Of the JobManager's container: Flink's, then the job's. */
  List<String> jobArguments() {
    return pods("jobmanager")
        .get(0)
        .at("/spec/containers/0/args")
        .valueStream()
        .map(JsonNode::asText)
        .toList();
  }

  List<String> ids(String component) {
    return pods(component).stream().map(pod -> pod.at("/metadata/uid").asText()).toList();
  }

  /** Deletes the pods of a component, and waits until others have taken their place. */
  void deletePods(String component) {
    namespace.kubectl("delete", "pods", "--selector=app.kubernetes.io/component=" + component);
    awaitReady();
  }

  /** Every task of the job runs. */
  void awaitReady() {
    for (String component : List.of("taskmanager", "jobmanager")) {
      namespace.kubectl("rollout", "status", deployment(component), "--timeout=6m");
    }
  }

  /** The only deployment of a component, whose name may have a revision in it. */
  private String deployment(String component) {
    JsonNode all =
        namespace
            .get("deployments", "--selector=app.kubernetes.io/component=" + component)
            .path("items");
    assertThat(all).as(all.toString()).hasSize(1);
    return "deployment/" + all.get(0).at("/metadata/name").asText();
  }

  /** The JobManager that runs has completed one: the next has something to continue from. */
  void awaitCheckpoint() {
    await()
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofSeconds(2))
        .until(() -> jobManagerLog().contains("Completed checkpoint"));
  }

  /** A file in the JobManager's container. */
  String read(String file) {
    return inJobManager("cat " + file);
  }

  /** Runs a script in the JobManager's container; returns what it printed. */
  String inJobManager(String script) {
    return namespace.kubectl(
        "exec", deployment("jobmanager"), "--container=jobmanager", "--", "bash", "-c", script);
  }

  String jobManagerLog() {
    return namespace.kubectl(
        "logs", deployment("jobmanager"), "--container=jobmanager", "--tail=-1");
  }
}
