package io.turnstile.helm;

import static io.turnstile.helm.PolicySimulation.OUTSIDE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.HTTPIngressPath;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PodMetricsEndpoint;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.turnstile.helm.PolicySimulation.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The gateway of the chart. */
class GatewayChartTest {

  private static final Pattern ROW = Pattern.compile("\\| `--([a-z-]+)` \\| `[A-Z_]+` \\|.*");
  private static final Endpoint STRANGER = new Endpoint("elsewhere", Map.of());

  private static Chart chart() {
    return Chart.minimal().with("gateway.enabled", true);
  }

  private static Deployment deployment(Manifests manifests) {
    return manifests.get(Deployment.class, "gateway");
  }

  private static PodSpec pod(Manifests manifests) {
    return deployment(manifests).getSpec().getTemplate().getSpec();
  }

  private static Container container(Manifests manifests) {
    assertThat(pod(manifests).getContainers()).hasSize(1);
    return pod(manifests).getContainers().get(0);
  }

  @Test
  void isNotThereUnlessAskedFor() {
    assertThat(Chart.minimal().render()).doesNotContain("component: gateway");
  }

  @Test
  void hasTheTopicsKeysAndTokenOptionsOfTheJob() {
    List<String> arguments =
        container(
                chart()
                    .with("topics.prefix", "eu.")
                    .with("kafka.clientProperties.secretName", "kafka")
                    .with("job.options.token-issuer", "https://idp.example")
                    .with("job.options.token-audience[0]", "a")
                    .with("job.options.token-audience[1]", "b")
                    .with("job.options.clock-skew", "10s")
                    .with("job.options.jwks-read-timeout", "9s")
                    .with("job.options.carry-fields[0]", "channel")
                    .with("job.options.carry-fields[1]", "basket")
                    .with("job.options.dedup-window", "2h")
                    .with("gateway.options.customer-rate", 50)
                    .with("gateway.options.answer-timeout", "20s")
                    .manifests())
            .getArgs();

    assertThat(arguments)
        .containsExactlyInAnyOrder(
            "gateway",
            "--bootstrap-servers=kafka:9092",
            "--topic-prefix=eu.",
            "--client-properties=/opt/turnstile/kafka/client.properties",
            "--listen=0.0.0.0:8080",
            "--jwks=https://idp.example/jwks.json",
            "--token-issuer=https://idp.example",
            "--token-audience=a,b",
            "--clock-skew=10s",
            "--jwks-read-timeout=9s",
            "--carry-fields=channel,basket",
            "--customer-rate=50",
            "--answer-timeout=20s");
  }

  @Test
  void secretsAreMountedWhereTheArgumentsSay() {
    Manifests manifests =
        chart()
            .with("tokens.jwksUrl", "")
            .with("tokens.jwksSecret.name", "jwks")
            .with("gateway.webhookSecret.name", "partners")
            .with("gateway.tlsSecretName", "tls")
            .manifests();

    assertThat(container(manifests).getArgs())
        .contains(
            "--jwks=/opt/turnstile/jwks/jwks.json",
            "--webhook-secrets=/opt/turnstile/webhooks/secrets",
            "--tls-certificate=/opt/turnstile/tls/tls.crt",
            "--tls-key=/opt/turnstile/tls/tls.key");
    assertThat(container(manifests).getVolumeMounts())
        .filteredOn(mount -> !mount.getName().equals("tmp"))
        .allMatch(VolumeMount::getReadOnly)
        .extracting(VolumeMount::getMountPath)
        .containsExactlyInAnyOrder(
            "/opt/turnstile/jwks", "/opt/turnstile/webhooks", "/opt/turnstile/tls");
    assertThat(pod(manifests).getVolumes())
        .filteredOn(volume -> volume.getSecret() != null)
        .extracting(volume -> volume.getSecret().getSecretName())
        .containsExactlyInAnyOrder("jwks", "partners", "tls");
  }

  @Test
  void probesAskWhatTheGatewaySaysOfItself() {
    for (boolean tls : new boolean[] {false, true}) {
      Container container =
          container(chart().with("gateway.tlsSecretName", tls ? "tls" : "").manifests());
      assertThat(path(container.getReadinessProbe(), tls)).isEqualTo("/readyz");
      assertThat(path(container.getLivenessProbe(), tls)).isEqualTo("/livez");
      assertThat(path(container.getStartupProbe(), tls)).isEqualTo("/livez");
    }
  }

  private static String path(Probe probe, boolean tls) {
    assertThat(probe.getHttpGet().getScheme()).isEqualTo(tls ? "HTTPS" : "HTTP");
    assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("gateway");
    return probe.getHttpGet().getPath();
  }

  @Test
  void heapAndBuffersFitIntoTheMemory() {
    Container container = container(chart().with("gateway.memoryMiB", 1280).manifests());
    assertThat(container.getEnv())
        .filteredOn(variable -> variable.getName().equals("TURNSTILE_JAVA_OPTS"))
        .singleElement()
        .satisfies(
            variable ->
                assertThat(variable.getValue())
                    .startsWith("-Xmx512m -XX:MaxDirectMemorySize=512m "));
    assertThat(container.getResources().getLimits().get("memory"))
        .hasToString(container.getResources().getRequests().get("memory").toString())
        .hasToString("1280Mi");
  }

  @Test
  void upgradeTakesNoInstanceAwayBeforeAnotherIsReady() {
    Deployment deployment = deployment(chart().manifests());
    assertThat(deployment.getSpec().getReplicas()).isEqualTo(2);
    assertThat(
            deployment.getSpec().getStrategy().getRollingUpdate().getMaxUnavailable().getIntVal())
        .isZero();
    PodDisruptionBudget budget = chart().manifests().get(PodDisruptionBudget.class, "gateway");
    assertThat(budget.getSpec().getSelector().getMatchLabels())
        .isEqualTo(deployment.getSpec().getSelector().getMatchLabels());
    assertThat(chart().with("podDisruptionBudget.enabled", false).render())
        .doesNotContain("PodDisruptionBudget");
  }

  @Test
  void suspendedJobLeavesTheGatewayRunning() {
    assertThat(deployment(chart().with("job.suspended", true).manifests()).getSpec().getReplicas())
        .isEqualTo(2);
  }

  @Test
  void autoscalingLeavesTheirNumberAlone() {
    Chart chart =
        chart()
            .with("gateway.autoscaling.enabled", true)
            .with("gateway.autoscaling.maxReplicas", 9);
    Manifests manifests = chart.manifests();
    HorizontalPodAutoscaler scaler = manifests.get(HorizontalPodAutoscaler.class, "gateway");
    assertThat(scaler.getSpec().getScaleTargetRef().getName())
        .isEqualTo(deployment(manifests).getMetadata().getName());
    assertThat(scaler.getSpec().getMinReplicas()).isEqualTo(2);
    assertThat(scaler.getSpec().getMaxReplicas()).isEqualTo(9);
    assertThat(deployment(manifests).getSpec().getReplicas()).as("first installation").isEqualTo(2);
    String running = "global.cluster.payments.shop-turnstile-gateway.spec.replicas";
    for (int[] thereAndRendered : new int[][] {{1, 2}, {5, 5}, {9, 9}, {12, 9}}) {
      assertThat(
              deployment(chart.with(running, thereAndRendered[0]).manifests())
                  .getSpec()
                  .getReplicas())
          .as("%d run".formatted(thereAndRendered[0]))
          .isEqualTo(thereAndRendered[1]);
    }
  }

  @Test
  void serviceLeadsToItsPods() {
    Manifests manifests = chart().with("gateway.service.port", 80).manifests();
    Service service = manifests.get(Service.class, "gateway");
    assertThat(deployment(manifests).getSpec().getTemplate().getMetadata().getLabels())
        .containsAllEntriesOf(service.getSpec().getSelector());
    assertThat(service.getSpec().getPorts())
        .singleElement()
        .satisfies(
            port -> {
              assertThat(port.getPort()).isEqualTo(80);
              assertThat(port.getTargetPort().getStrVal()).isEqualTo("gateway");
            });
  }

  @Test
  void whoMayAskIsWhoTheValuesName() {
    Manifests open = chart().manifests();
    assertThat(new PolicySimulation(open).admits(STRANGER, endpoint(open), 8080)).isTrue();
    assertThat(new PolicySimulation(open).admits(OUTSIDE, endpoint(open), 8080)).isFalse();
    assertThat(new PolicySimulation(open).admits(STRANGER, endpoint(open), 8081)).isFalse();
    assertThat(new PolicySimulation(open).admits(endpoint(open), STRANGER, 9092)).isTrue();

    String peer = "[0].namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name";
    Manifests closed =
        chart()
            .with("networkPolicy.gatewayFrom" + peer, "shop")
            .with("networkPolicy.metricsFrom" + peer, "prometheus")
            .manifests();
    PolicySimulation network = new PolicySimulation(closed);
    assertThat(network.admits(new Endpoint("shop", Map.of()), endpoint(closed), 8080)).isTrue();
    assertThat(network.admits(new Endpoint("prometheus", Map.of()), endpoint(closed), 8080))
        .isTrue();
    assertThat(network.admits(STRANGER, endpoint(closed), 8080)).isFalse();
  }

  private static Endpoint endpoint(Manifests manifests) {
    return new Endpoint(
        Chart.NAMESPACE, deployment(manifests).getSpec().getTemplate().getMetadata().getLabels());
  }

  @Test
  void ingressPublishesTheApiAndNothingElse() {
    Chart published =
        chart()
            .with("gateway.ingress.enabled", true)
            .with("gateway.ingress.host", "api.example")
            .with("gateway.ingress.tlsSecretName", "tls");
    assertThat(paths(published)).containsExactly("/v1/transactions", "/v1/verdicts");
    assertThat(
            paths(
                published
                    .with("gateway.ingress.webhooks", true)
                    .with("gateway.webhookSecret.name", "partners")))
        .containsExactly("/v1/transactions", "/v1/verdicts", "/v1/inventory", "/v1/customers");
  }

  private static List<String> paths(Chart chart) {
    Ingress ingress = chart.manifests().get(Ingress.class, "gateway");
    assertThat(ingress.getSpec().getTls().get(0).getHosts()).containsExactly("api.example");
    return ingress.getSpec().getRules().get(0).getHttp().getPaths().stream()
        .map(HTTPIngressPath::getPath)
        .toList();
  }

  @Test
  void itsMetricsAreScrapedToo() {
    Manifests manifests =
        chart()
            .with("monitoring.podMonitor.enabled", true)
            .with("gateway.tlsSecretName", "tls")
            .manifests();
    assertThat(manifests.all(PodMonitor.class).get(0).getSpec().getPodMetricsEndpoints())
        .extracting(PodMetricsEndpoint::getPort)
        .containsExactly("metrics", "gateway");
  }

  @Test
  void schemaHasEveryOptionOfTheGatewayAndNoOther() throws IOException {
    JsonNode schema =
        new ObjectMapper()
            .readTree(Chart.DIRECTORY.resolve("values.schema.json").toFile())
            .at("/properties/gateway/properties/options/properties");
    try (Stream<String> lines =
        Files.lines(Chart.DIRECTORY.resolve("../../docs/gateway.md").normalize())) {
      assertThat(schema.fieldNames())
          .toIterable()
          .containsExactlyInAnyOrderElementsOf(
              lines
                  .map(ROW::matcher)
                  .filter(row -> row.matches())
                  .map(row -> row.group(1))
                  .toList());
    }
  }

  static Stream<Arguments> wrongValues() {
    return Stream.of(
        Arguments.of("gateway.options.customer-rat", "5", "customer-rat"),
        Arguments.of("gateway.options.customer-rate", "many", "/gateway/options/customer-rate"),
        Arguments.of("gateway.options.drain", "soon", "/gateway/options/drain"),
        Arguments.of("gateway.options.jwks", "x", "/gateway/options/jwks"),
        Arguments.of("gateway.options.listen", "0.0.0.0:1", "/gateway/options/listen"),
        Arguments.of("gateway.replicas", 0, "replicas"),
        Arguments.of("gateway.memoryMiB", 100, "memoryMiB"),
        Arguments.of("gateway.autoscaling.minReplicas", 7, "gateway.autoscaling.maxReplicas"),
        Arguments.of("gateway.ingress.enabled", true, "gateway.ingress.host"),
        Arguments.of("gateway.ingress.webhooks", true, "gateway.webhookSecret.name"));
  }

  @ParameterizedTest(name = "{0}={1}")
  @MethodSource("wrongValues")
  void wrongValueIsRefusedByItsName(String key, Object value, String named) {
    assertThatThrownBy(chart().with(key, value)::render).hasMessageContaining(named);
  }
}
