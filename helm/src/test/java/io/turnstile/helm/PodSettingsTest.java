package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the values give to every pod of the image. */
class PodSettingsTest {

  private static final String STORE = "/opt/turnstile/trust/truststore.jks";

  private static Chart chart() {
    return Chart.minimal()
        .with("gateway.enabled", true)
        .with("feeds.enabled", true)
        .with("feeds.file", "feeds: {}");
  }

  /** JobManager, TaskManager, gateway, feeds, the hooks and the check. */
  private static List<PodTemplateSpec> pods(Manifests manifests) {
    List<PodTemplateSpec> pods =
        Stream.of(
                manifests.all(Deployment.class).stream().map(each -> each.getSpec().getTemplate()),
                manifests.all(Job.class).stream().map(each -> each.getSpec().getTemplate()),
                manifests.all(Pod.class).stream()
                    .map(
                        each ->
                            new PodTemplateSpecBuilder()
                                .withMetadata(each.getMetadata())
                                .withSpec(each.getSpec())
                                .build()))
            .flatMap(each -> each)
            .toList();
    assertThat(pods).hasSize(8);
    return pods;
  }

  private static List<Container> containers(PodTemplateSpec pod) {
    return Stream.concat(
            pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())
        .toList();
  }

  private static Optional<EnvVar> variable(Container container, String name) {
    List<EnvVar> found =
        container.getEnv().stream().filter(each -> each.getName().equals(name)).toList();
    assertThat(found).hasSizeLessThan(2);
    return found.stream().findFirst();
  }

  private static String javaOptions(Container container) {
    return variable(container, "JAVA_TOOL_OPTIONS").map(EnvVar::getValue).orElse("");
  }

  @Test
  void extrasReachEveryPod() {
    Manifests manifests =
        chart()
            .with("podLabels.sidecar\\.istio\\.io/inject", false)
            .with("podAnnotations.linkerd\\.io/inject", "disabled")
            .with("podAnnotations.contact", "payments")
            .with("jobManager.podAnnotations.contact", "streams")
            .with("priorityClassName", "high")
            .with("extraEnv[0].name", "REGION")
            .with("extraEnv[0].value", "eu")
            .with("extraEnv[1].name", "PASSWORD")
            .with("extraEnv[1].valueFrom.secretKeyRef.name", "secret")
            .with("extraEnv[1].valueFrom.secretKeyRef.key", "password")
            .with("extraVolumes[0].name", "extra")
            .with("extraVolumes[0].configMap.name", "theirs")
            .with("extraVolumeMounts[0].name", "extra")
            .with("extraVolumeMounts[0].mountPath", "/extra")
            .with("jobManager.nodeSelector.pool", "blue")
            .manifests();
    for (PodTemplateSpec pod : pods(manifests)) {
      assertThat(pod.getMetadata().getLabels()).containsEntry("sidecar.istio.io/inject", "false");
      assertThat(pod.getMetadata().getAnnotations())
          .containsEntry("linkerd.io/inject", "disabled")
          .containsEntry(
              "contact",
              "jobmanager".equals(pod.getMetadata().getLabels().get("app.kubernetes.io/component"))
                  ? "streams"
                  : "payments");
      assertThat(pod.getSpec().getPriorityClassName()).isEqualTo("high");
      assertThat(pod.getSpec().getVolumes())
          .filteredOn(volume -> volume.getName().equals("extra"))
          .singleElement()
          .satisfies(volume -> assertThat(volume.getConfigMap().getName()).isEqualTo("theirs"));
      for (Container container : containers(pod)) {
        assertThat(variable(container, "REGION").orElseThrow().getValue()).isEqualTo("eu");
        assertThat(
                variable(container, "PASSWORD")
                    .orElseThrow()
                    .getValueFrom()
                    .getSecretKeyRef()
                    .getKey())
            .isEqualTo("password");
        assertThat(container.getVolumeMounts())
            .extracting(VolumeMount::getMountPath)
            .contains("/extra");
      }
    }
    assertThat(manifests.all(Job.class))
        .as("hooks go where JobManagers may")
        .allMatch(
            hook ->
                "blue"
                    .equals(hook.getSpec().getTemplate().getSpec().getNodeSelector().get("pool")));
  }

  @Test
  void selectorsDoNotTakeLabelsOfOnesOwn() {
    Manifests manifests = chart().with("podLabels.team", "payments").manifests();
    assertThat(manifests.all(Deployment.class))
        .allMatch(each -> !each.getSpec().getSelector().getMatchLabels().containsKey("team"));
  }

  @Test
  void variablesOfTheChartAreNotOverwritten() {
    for (String name : List.of("POD_IP", "JAVA_TOOL_OPTIONS", "TURNSTILE_JAVA_OPTS")) {
      assertThatThrownBy(
              chart().with("extraEnv[0].name", name).with("extraEnv[0].value", "x")::render)
          .hasMessageContaining(name)
          .hasMessageContaining("javaOptions");
    }
  }

  @Test
  void certificatesOfAPrivateAuthorityAreTrustedByEveryJavaProcess() {
    for (String kind : List.of("secretName", "configMapName")) {
      Manifests manifests =
          chart()
              .with("certificates." + kind, "authorities")
              .with("tokens.jwksUrl", "https://idp.internal/jwks.json")
              .manifests();
      for (PodTemplateSpec pod : pods(manifests)) {
        Container trust = pod.getSpec().getInitContainers().get(0);
        assertThat(trust.getCommand()).containsExactly("/opt/turnstile/bin/trust-certificates");
        assertThat(trust.getArgs()).containsExactly("/opt/turnstile/certificates", STORE);
        assertThat(pod.getSpec().getVolumes())
            .filteredOn(volume -> volume.getName().equals("certificates"))
            .singleElement()
            .satisfies(
                volume ->
                    assertThat(
                            kind.equals("secretName")
                                ? volume.getSecret().getSecretName()
                                : volume.getConfigMap().getName())
                        .isEqualTo("authorities"));
        containers(pod).stream()
            .filter(container -> !container.equals(trust))
            .forEach(
                container -> {
                  assertThat(javaOptions(container))
                      .isEqualTo("-Djavax.net.ssl.trustStore=" + STORE);
                  assertThat(container.getVolumeMounts())
                      .filteredOn(mount -> STORE.startsWith(mount.getMountPath() + "/"))
                      .hasSize(1)
                      .allMatch(VolumeMount::getReadOnly);
                });
      }
    }
    assertThatThrownBy(
            chart().with("certificates.secretName", "a").with("certificates.configMapName", "b")
                ::render)
        .hasMessageContaining("certificates.configMapName");
  }

  @Test
  void proxyIsForWhatLiesOutsideOfTheCluster() {
    Manifests manifests =
        chart()
            .with("proxy.url", "http://proxy.example:3128")
            .with("proxy.noProxy[0]", ".internal.example")
            .with("proxy.noProxy[1]", "10.*")
            .with("proxy.noProxy[2]", "minio")
            .with("javaOptions", "-XX:+UseSerialGC")
            .manifests();
    for (PodTemplateSpec pod : pods(manifests)) {
      for (Container container : containers(pod)) {
        assertThat(javaOptions(container))
            .isEqualTo(
                "-Dhttps.proxyHost=proxy.example -Dhttps.proxyPort=3128"
                    + " -Dhttp.nonProxyHosts=localhost|127.*|[::1]|$(KUBERNETES_SERVICE_HOST)"
                    + "|*.svc|*.cluster.local|*.internal.example|10.*|minio"
                    + " -XX:+UseSerialGC");
      }
    }
  }

  @Test
  void nothingOfItIsThereUnlessAskedFor() {
    for (PodTemplateSpec pod : pods(chart().manifests())) {
      assertThat(containers(pod)).allMatch(each -> javaOptions(each).isEmpty());
      assertThat(pod.getSpec().getPriorityClassName()).isNull();
      assertThat(pod.getSpec().getVolumes())
          .noneMatch(volume -> volume.getName().matches("trust|certificates"));
    }
  }

  @Test
  void openShiftChoosesTheIdsItself() {
    Manifests manifests =
        Chart.of("values-dev.yaml")
            .with(Chart.DIRECTORY.resolve("values-openshift.yaml"))
            .manifests();
    Stream.concat(
            Stream.of(
                manifests.get(StatefulSet.class, "kafka").getSpec().getTemplate().getSpec(),
                manifests.get(Pod.class, "check").getSpec()),
            Stream.concat(
                manifests.all(Deployment.class).stream()
                    .map(each -> each.getSpec().getTemplate().getSpec()),
                manifests.all(Job.class).stream()
                    .map(each -> each.getSpec().getTemplate().getSpec())))
        .forEach(
            pod -> {
              assertThat(pod.getSecurityContext().getRunAsUser()).isNull();
              assertThat(pod.getSecurityContext().getRunAsGroup()).isNull();
              assertThat(pod.getSecurityContext().getFsGroup()).isNull();
              assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
              assertThat(pod.getSecurityContext().getSeccompProfile().getType())
                  .isEqualTo("RuntimeDefault");
            });
  }

  @Test
  void brokerOfTheDevelopmentValuesMayComeFromAPrivateRegistry() {
    Manifests manifests =
        Chart.of("values-dev.yaml")
            .with("image.pullSecrets[0]", "registry")
            .with("devKafka.image", "registry.example/apache/kafka:4.3.1")
            .manifests();
    assertThat(
            manifests
                .get(StatefulSet.class, "kafka")
                .getSpec()
                .getTemplate()
                .getSpec()
                .getImagePullSecrets())
        .hasSize(1);
  }
}
