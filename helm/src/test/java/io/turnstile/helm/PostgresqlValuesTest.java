package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Verdicts in PostgreSQL, as values. */
class PostgresqlValuesTest {

  private static final String URL = "jdbc:postgresql://db.example:6543/shop?sslmode=verify-full";

  private static final Chart CHART =
      Chart.minimal()
          .with("postgresql.url", URL)
          .with("postgresql.user", "job")
          .with("postgresql.passwordSecret.name", "database");

  private static PodSpec pod(Manifests manifests, String who) {
    return manifests.get(Deployment.class, who).getSpec().getTemplate().getSpec();
  }

  private static void assertMountsPassword(PodSpec pod) {
    Container container = pod.getContainers().get(0);
    assertThat(container.getVolumeMounts())
        .anySatisfy(
            mount -> {
              assertThat(mount.getName()).isEqualTo("postgresql");
              assertThat(mount.getMountPath()).isEqualTo("/opt/turnstile/postgresql");
            });
    assertThat(pod.getVolumes())
        .anySatisfy(
            volume -> {
              assertThat(volume.getName()).isEqualTo("postgresql");
              assertThat(volume.getSecret().getSecretName()).isEqualTo("database");
            });
  }

  @Test
  void whoeverReadsOrWritesVerdictsConnectsWithThePasswordOfTheSecret() {
    Manifests manifests = CHART.with("gateway.enabled", true).manifests();
    PodSpec jobManager = pod(manifests, "jobmanager");
    PodSpec gateway = pod(manifests, "gateway");
    PodSpec check = manifests.get(Pod.class, "check").getSpec();
    List<String> common =
        List.of(
            "--jdbc-url=" + URL,
            "--jdbc-user=job",
            "--jdbc-password-file=/opt/turnstile/postgresql/password");
    assertThat(jobManager.getContainers().get(0).getArgs())
        .containsAll(common)
        .contains("--journal-store=postgresql");
    assertThat(check.getContainers().get(0).getArgs()).containsAll(common);
    assertThat(gateway.getContainers().get(0).getArgs()).containsAll(common);
    assertMountsPassword(gateway);
    assertMountsPassword(jobManager);
    assertMountsPassword(pod(manifests, "taskmanager"));
    assertMountsPassword(check);
  }

  @Test
  void withoutItNothingIsSaidOfIt() {
    assertThat(Chart.minimal().with("gateway.enabled", true).render())
        .doesNotContain("postgresql", "jdbc");
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> CHART.with("job.commit", "checkpoint").render())
        .hasMessageContaining("postgresql.url needs job.commit=journal");
    assertThatThrownBy(() -> Chart.minimal().with("postgresql.user", "job").render())
        .hasMessageContaining("postgresql.url is required");
    assertThatThrownBy(() -> Chart.minimal().with("postgresql.url", "db:5432").render())
        .hasMessageContaining("postgresql");
  }
}
