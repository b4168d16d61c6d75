package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.output.OutputFrame;
import org.testcontainers.images.builder.ImageFromDockerfile;

/**
 * What the chart renders, run as containers: everything of `values-dev.yaml` that needs no
 * Kubernetes.
 */
@Tag("containers")
class RenderedPodsIT {

  private static final String IMAGE = "turnstile-test";

  @TempDir private Path directory;

  /** Kafka, keys, topics, JobManager, TaskManager, `helm test` and the upgrade's savepoint. */
  @Test
  void podsOfTheDevelopmentValuesRunAndPassTheCheck() throws Exception {
    new ImageFromDockerfile(IMAGE + ":latest", true)
        .withFileFromPath(".", Chart.DIRECTORY.getParent().resolve("target/image"))
        .get();
    Manifests manifests =
        Chart.of("values-dev.yaml")
            .with("image.repository", IMAGE)
            .with("image.tag", "latest")
            // What a shared machine manages is not for this test to say.
            .with("check.maxLatency", "60s")
            // Needs a Kubernetes API server.
            .with("highAvailability.enabled", false)
            .manifests();
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    PodTemplateSpec jobManager = template(manifests, "jobmanager");

    try (PodContainers pods = new PodContainers(manifests, directory)) {
      pods.start(manifests.get(StatefulSet.class, "kafka").getSpec().getTemplate());
      GenericContainer<?> master = pods.start(jobManager);
      await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> master.getLogs().contains("Rest endpoint listening"));
      assertThat(PodContainers.isReady(master, jobManager.getSpec().getContainers().get(0)))
          .as("ready without a TaskManager")
          .isFalse();

      GenericContainer<?> worker = pods.start(template(manifests, "taskmanager"));
      await()
          .atMost(Duration.ofMinutes(3))
          .pollInterval(Duration.ofSeconds(1))
          .failFast(
              () ->
                  assertThat(master.isRunning() && worker.isRunning())
                      .as(master.getLogs() + worker.getLogs())
                      .isTrue())
          .until(() -> PodContainers.isReady(master, jobManager.getSpec().getContainers().get(0)));

      assertThat(pods.run(manifests.get(Pod.class, "check").getSpec()))
          .contains("PASS canary accepted")
          .contains("PASS expired token rejected")
          .doesNotContain("FAIL");
      assertThat(pods.run(manifests.get(Job.class, "savepoint").getSpec().getTemplate().getSpec()))
          .contains("file:/opt/turnstile/state/savepoints/savepoint-");
      assertThat(worker.getLogs(OutputFrame.OutputType.STDERR)).doesNotContain("Permission denied");
    }
  }

  private static PodTemplateSpec template(Manifests manifests, String suffix) {
    return manifests.get(Deployment.class, suffix).getSpec().getTemplate();
  }
}
