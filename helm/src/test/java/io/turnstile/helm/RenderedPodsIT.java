package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectImageResponse;
import com.github.dockerjava.api.exception.NotFoundException;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.turnstile.clients.FlinkRest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.output.OutputFrame;

/**
 * Runs what the chart renders as containers: everything of `values-dev.yaml` that needs no
 * Kubernetes.
 */
@Tag("containers")
class RenderedPodsIT {

  private static final String IMAGE = "turnstile-test";

  private static final String TURNSTILE = "/opt/turnstile/bin/turnstile ";

  /** The load is the laboratory's, which the image does not hold. */
  private static final String LABORATORY =
      "java -Xmx128m -XX:+UseSerialGC -cp '%s/turnstile-benchmarks.jar:%1$s/lib/*' io.turnstile.bench.Laboratory "
          .formatted(PodContainers.LABORATORY);

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir private Path directory;

  @BeforeAll
  static void buildImages() throws Exception {
    build("latest");
    build("next", "--label", "release=next");
  }

  @AfterAll
  static void removeImages() {
    for (String tag : List.of("latest", "next", "again")) {
      try {
        docker().removeImageCmd(IMAGE + ":" + tag).withForce(true).exec();
      } catch (NotFoundException e) {
        // Its test has failed before it was built.
      }
    }
  }

  /** With the script that a person would use, of what is packaged. */
  private static void build(String tag, String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Chart.DIRECTORY.resolveSibling("image/build").toString());
    command.add("--packaged");
    command.add(IMAGE + ":" + tag);
    command.addAll(List.of(options));
    Process build = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(build.waitFor()).as(said).isZero();
  }

  private static InspectImageResponse image(String tag) {
    return docker().inspectImageCmd(IMAGE + ":" + tag).exec();
  }

  private static DockerClient docker() {
    return DockerClientFactory.lazyClient();
  }

  @Test
  void imageIsLabelledRunsWithoutRootAndIsTheSameWhenBuiltAgain() throws Exception {
    assertThat(image("latest").getConfig().getUser()).isEqualTo("9999:9999");
    assertThat(image("latest").getConfig().getLabels())
        .containsEntry("org.opencontainers.image.title", "Turnstile")
        .hasEntrySatisfying(
            "org.opencontainers.image.revision", revision -> assertThat(revision).isNotBlank());
    build("again", "--no-cache");
    assertThat(image("again").getRootFS().getLayers())
        .isEqualTo(image("latest").getRootFS().getLayers());
  }

  @BeforeEach
  void letContainersReadConfigMaps() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static Chart development() {
    return Chart.of("values-dev.yaml")
        .with("image.repository", IMAGE)
        .with("image.tag", "latest")
        // What a shared machine manages is not for this test to say.
        .with("check.maxLatency", "60s")
        // Needs a Kubernetes API server.
        .with("highAvailability.enabled", false);
  }

  /**
   * The options, Kafka, keys, topics, JobManager, TaskManager, `helm test` and the upgrade's
   * savepoint.
   */
  @ParameterizedTest
  @ValueSource(strings = {"values-dev.yaml", "values-openshift.yaml"})
  void podsOfTheDevelopmentValuesRunAndPassTheCheck(String values) throws Exception {
    Manifests manifests = development().with(Chart.DIRECTORY.resolve(values)).manifests();
    PodTemplateSpec jobManager = template(manifests, "jobmanager");

    try (PodContainers pods = new PodContainers(manifests, directory)) {
      pods.run(manifests.get(Job.class, "options").getSpec().getTemplate().getSpec());
      pods.start(manifests.get(StatefulSet.class, "kafka").getSpec().getTemplate());
      GenericContainer<?> master = pods.start(jobManager);
      assertThat(PodContainers.isReady(master, jobManager.getSpec().getContainers().get(0)))
          .as("ready without a TaskManager")
          .isFalse();

      GenericContainer<?> worker = pods.start(template(manifests, "taskmanager"));
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofSeconds(1))
          .failFast(
              () ->
                  assertThat(master.isRunning() && worker.isRunning())
                      .as(master.getLogs() + worker.getLogs())
                      .isTrue())
          .until(() -> PodContainers.isReady(master, jobManager.getSpec().getContainers().get(0)));

      assertThat(pods.run(manifests.get(Pod.class, "check").getSpec()))
          .contains("PASS  canary accepted")
          .contains("PASS  expired token rejected")
          .doesNotContain("FAIL");
      assertThat(pods.run(manifests.get(Job.class, "savepoint").getSpec().getTemplate().getSpec()))
          .contains("file:/opt/turnstile/state/savepoints/savepoint-");
      assertThat(worker.getLogs(OutputFrame.OutputType.STDERR)).doesNotContain("Permission denied");
    }
  }

  /** Reactive mode from two slots to three to one, then the next image from a savepoint. */
  @Tag("extended")
  @Test
  void jobIsRescaledAndUpgradedUnderLoadAndEveryVerdictIsRight() throws Exception {
    Chart chart =
        development()
            .with("flink.profile", "throughput")
            .with("scheduling", "reactive")
            .with("taskManager.slots", 1)
            .with("taskManager.memoryMiB", 2048)
            .with("job.lanes", 4)
            .with("job.options.checkpoint-interval", "5s");
    Manifests manifests = chart.manifests();
    try (PodContainers pods = new PodContainers(manifests, directory)) {
      pods.start(manifests.get(StatefulSet.class, "kafka").getSpec().getTemplate());
      GenericContainer<?> master = pods.start(template(manifests, "jobmanager"));
      PodTemplateSpec taskManager = template(manifests, "taskmanager");
      List<GenericContainer<?>> workers = new ArrayList<>();
      workers.add(pods.start(taskManager));
      workers.add(pods.start(taskManager));
      awaitParallelism(master, 2);
      PodSpec check = manifests.get(Pod.class, "check").getSpec();
      GenericContainer<?> load = pods.startScript(check, load(check));
      awaitVerdicts(master);

      workers.add(pods.start(taskManager));
      awaitParallelism(master, 3);
      awaitVerdicts(master);
      assertThat(pods.run(check)).contains("PASS  latency").doesNotContain("FAIL");
      assertThat(pods.run(watch(check))).contains("job RUNNING").doesNotContain("PROBLEM");

      pods.stop(workers.remove(0));
      pods.stop(workers.remove(0));
      awaitParallelism(master, 1);
      awaitVerdicts(master);

      String taken =
          pods.run(manifests.get(Job.class, "savepoint").getSpec().getTemplate().getSpec());
      pods.stop(master);
      pods.stop(workers.remove(0));
      Manifests next =
          chart
              .with("image.tag", "next")
              .with("job.generation", 2)
              .with("job.fromSavepoint", taken.strip().lines().reduce((a, b) -> b).orElseThrow())
              .manifests();
      GenericContainer<?> nextMaster = pods.start(template(next, "jobmanager"));
      pods.start(template(next, "taskmanager"));
      awaitParallelism(nextMaster, 1);
      FlinkRest flink = PodContainers.rest(nextMaster);
      assertThat(flink.checkpoints(flink.jobs().get(0).id()).restoredFrom()).isPresent();
      awaitVerdicts(nextMaster);

      assertThat(
              load.execInContainer(
                      "bash", "-c", "P=$(cat /tmp/load.pid); kill $P; tail --pid=$P -f /dev/null")
                  .getExitCode())
          .isZero();
      Container.ExecResult audit =
          load.execInContainer("bash", "-c", TURNSTILE + "audit --wait 60s " + options(check));
      assertThat(audit.getExitCode()).as(audit.getStdout() + audit.getStderr()).isZero();
      assertThat(audit.getStdout()).contains("PASS");
    }
  }

  /** Sends until it is told to end, and keeps the ledger for the audit. */
  private static String load(PodSpec check) {
    String key =
        arguments(check).stream()
            .filter(argument -> argument.startsWith("--signing-key="))
            .findFirst()
            .orElseThrow();
    return (LABORATORY + "simulate generate --rate 100 --customers 200 --products 200 --retry ")
        + (key + " " + options(check) + " & echo $! >/tmp/load.pid; wait; sleep infinity");
  }

  private static PodSpec watch(PodSpec check) {
    List<String> arguments = new ArrayList<>(arguments(check));
    arguments.set(0, "watch");
    arguments.removeIf(argument -> argument.startsWith("--max-latency"));
    arguments.addAll(List.of("--interval", "2s", "--duration", "4s"));
    return new PodSpecBuilder(check)
        .editFirstContainer()
        .withArgs(arguments)
        .endContainer()
        .build();
  }

  private static String options(PodSpec check) {
    return "--ledger /tmp/ledger.csv "
        + arguments(check).stream()
            .filter(argument -> argument.matches("--(bootstrap-servers|topic-prefix)=.*"))
            .collect(Collectors.joining(" "));
  }

  private static List<String> arguments(PodSpec pod) {
    return pod.getContainers().get(0).getArgs();
  }

  private static void awaitParallelism(GenericContainer<?> master, int slots) {
    FlinkRest flink = PodContainers.rest(master);
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        // There is no job yet, or it restarts.
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              String job = flink.jobs().get(0).id();
              assertThat(flink.get("jobs/" + job).path("vertices").findValues("parallelism"))
                  .isNotEmpty()
                  .allMatch(parallelism -> parallelism.intValue() == slots);
              flink.awaitRunning(job, Duration.ofSeconds(1));
            });
  }

  /** A checkpoint after it, and some of what came since: the next start has something to read. */
  private static void awaitVerdicts(GenericContainer<?> master) {
    FlinkRest flink = PodContainers.rest(master);
    String job = flink.jobs().get(0).id();
    long before = flink.checkpoints(job).completed();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> flink.checkpoints(job).completed() >= before + 2);
  }

  private static PodTemplateSpec template(Manifests manifests, String suffix) {
    return manifests.get(Deployment.class, suffix).getSpec().getTemplate();
  }
}
