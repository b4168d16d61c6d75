package io.turnstile.helm;

import static io.turnstile.helm.PolicySimulation.OUTSIDE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.openshift.api.model.monitoring.v1.PodMetricsEndpoint;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.turnstile.helm.PolicySimulation.Endpoint;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The feeds of the chart. */
class FeedsChartTest {

  private static final String FILE = "feeds:\n  shop:\n    into: inventory\n";
  private static final Endpoint STRANGER = new Endpoint("elsewhere", Map.of());

  private static Chart chart() {
    return Chart.minimal().with("feeds.enabled", true).with("feeds.file", FILE);
  }

  private static PodSpec pod(Manifests manifests) {
    return manifests.get(Deployment.class, "feeds").getSpec().getTemplate().getSpec();
  }

  private static Container container(Manifests manifests) {
    assertThat(pod(manifests).getContainers()).hasSize(1);
    return pod(manifests).getContainers().get(0);
  }

  @Test
  void areNotThereUnlessAskedFor() {
    assertThat(Chart.minimal().render()).doesNotContain("component: feeds");
  }

  @Test
  void runTheFileWithTheTopicsOfTheJob() {
    Manifests manifests =
        chart()
            .with("topics.prefix", "eu.")
            .with("kafka.clientProperties.secretName", "kafka")
            .with("feeds.options.take-over", "20s")
            .manifests();
    assertThat(container(manifests).getArgs())
        .containsExactly(
            "feeds",
            "run",
            "/opt/turnstile/feeds/feeds.yaml",
            "--bootstrap-servers=kafka:9092",
            "--topic-prefix=eu.",
            "--client-properties=/opt/turnstile/kafka/client.properties",
            "--listen=0.0.0.0:8081",
            "--take-over=20s");
    ConfigMap file = manifests.get(ConfigMap.class, "feeds");
    assertThat(file.getData().get("feeds.yaml").strip()).isEqualTo(FILE.strip());
    assertThat(pod(manifests).getVolumes())
        .filteredOn(volume -> volume.getConfigMap() != null)
        .extracting(volume -> volume.getConfigMap().getName())
        .containsExactly(file.getMetadata().getName());
  }

  @Test
  void secretsOfTheSourcesAreMounted() {
    Manifests manifests = chart().with("feeds.secretName", "shop").manifests();
    assertThat(container(manifests).getVolumeMounts())
        .filteredOn(mount -> !mount.getName().equals("tmp"))
        .allMatch(VolumeMount::getReadOnly)
        .extracting(VolumeMount::getMountPath)
        .containsExactlyInAnyOrder("/opt/turnstile/feeds", "/opt/turnstile/feed-secrets");
    assertThat(pod(manifests).getVolumes())
        .filteredOn(volume -> volume.getSecret() != null)
        .extracting(volume -> volume.getSecret().getSecretName())
        .containsExactly("shop");
  }

  @Test
  void anotherFileIsAnotherPod() {
    assertThat(annotations(chart())).isEqualTo(annotations(chart()));
    assertThat(annotations(chart().with("feeds.file", FILE + "  # changed\n")))
        .isNotEqualTo(annotations(chart()));
  }

  private static Map<String, String> annotations(Chart chart) {
    return chart
        .manifests()
        .get(Deployment.class, "feeds")
        .getSpec()
        .getTemplate()
        .getMetadata()
        .getAnnotations();
  }

  @Test
  void heapFitsIntoTheMemory() {
    assertThat(container(chart().with("feeds.memoryMiB", 1024).manifests()).getEnv())
        .filteredOn(variable -> variable.getName().equals("TURNSTILE_JAVA_OPTS"))
        .singleElement()
        .satisfies(variable -> assertThat(variable.getValue()).startsWith("-Xmx832m "));
  }

  @Test
  void policyLetsThemToTheirSourcesAndPrometheusToThem() {
    Manifests closed = chart().manifests();
    assertThat(new PolicySimulation(closed).admits(endpoint(closed), OUTSIDE, 8443)).isFalse();
    assertThat(new PolicySimulation(closed).admits(STRANGER, endpoint(closed), 8081)).isTrue();
    assertThat(new PolicySimulation(closed).admits(OUTSIDE, endpoint(closed), 8081)).isFalse();

    Manifests open = chart().with("feeds.egressPorts[0]", 8443).manifests();
    assertThat(new PolicySimulation(open).admits(endpoint(open), OUTSIDE, 8443)).isTrue();
    assertThat(new PolicySimulation(open).admits(endpoint(open), OUTSIDE, 9092)).isTrue();
    assertThat(new PolicySimulation(open).admits(endpoint(open), OUTSIDE, 22)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "http-pages: {url: 'https://erp.example:8443/products'} | 8443",
        "http-pages: {url: https://erp.example:8443} | 8443",
        "http-pages: {url: \"https://[2001:db8::1]:8443/a?b=https://c\"} | 8443",
        "http-pages: {url: http://erp.example/a} | 80",
        "jdbc: {url: 'jdbc:postgresql://a:6543,[2001:db8::1]:6544/erp?user=x'} | 6544",
        "jdbc: {url: jdbc:postgresql://erp-db/erp} | 5432",
        "topic: {bootstrap_servers: 'a:19092, b:19093', name: x} | 19093",
        "topic: {name: x, bootstrap_servers: b:19093} | 19093",
        "topic: {\"bootstrap_servers\": \"[2001:db8::1]:19093\"} | 19093",
      })
  void portOfEveryAddressInTheFileIsOpenToFeedsAlone(String source, int port) {
    Manifests without = chart().manifests();
    assertThat(new PolicySimulation(without).admits(endpoint(without), OUTSIDE, port)).isFalse();
    Manifests with =
        chart().with("feeds.file", FILE + "    " + source + "\n    mapping: {}\n").manifests();
    PolicySimulation network = new PolicySimulation(with);
    assertThat(network.admits(endpoint(with), OUTSIDE, port)).isTrue();
    assertThat(network.admits(endpoint(with), OUTSIDE, 1)).isFalse();
    Endpoint jobManager =
        new Endpoint(
            Chart.NAMESPACE,
            with.get(Deployment.class, "jobmanager")
                .getSpec()
                .getTemplate()
                .getMetadata()
                .getLabels());
    assertThat(network.admits(jobManager, OUTSIDE, port)).isFalse();
  }

  private static Endpoint endpoint(Manifests manifests) {
    return new Endpoint(
        Chart.NAMESPACE,
        manifests.get(Deployment.class, "feeds").getSpec().getTemplate().getMetadata().getLabels());
  }

  @Test
  void theirMetricsAndDashboardAreThereToo() {
    Manifests manifests =
        chart()
            .with("monitoring.podMonitor.enabled", true)
            .with("monitoring.dashboard.enabled", true)
            .manifests();
    assertThat(manifests.all(PodMonitor.class).get(0).getSpec().getPodMetricsEndpoints())
        .extracting(PodMetricsEndpoint::getPort)
        .containsExactly("metrics", "feeds");
    assertThat(manifests.get(ConfigMap.class, "dashboard").getData())
        .containsOnlyKeys("turnstile.json", "turnstile-feeds.json");
  }

  @Test
  void topicsOfNamedReferencesAreMadeWithTheOthers() {
    assertThat(
            Chart.minimal()
                .with("job.options.reference", "tariff:keyed-by=product;risk:keyed-by=customer")
                .render())
        .containsSubsequence(
            "- topics", "- \"--reference=tariff:keyed-by=product;risk:keyed-by=customer\"");
  }

  static Stream<Arguments> wrongValues() {
    return Stream.of(
        Arguments.of("feeds.file", "", "feeds.file is required"),
        Arguments.of("feeds.options.listen", "0.0.0.0:1", "listen"),
        Arguments.of("feeds.options.take-over", "soon", "/feeds/options/take-over"),
        Arguments.of("feeds.replicas", 0, "replicas"),
        Arguments.of("feeds.memoryMiB", 100, "memoryMiB"));
  }

  @ParameterizedTest(name = "{0}={1}")
  @MethodSource("wrongValues")
  void wrongValueIsRefusedByItsName(String key, Object value, String named) {
    assertThatThrownBy(chart().with(key, value)::render).hasMessageContaining(named);
  }
}
