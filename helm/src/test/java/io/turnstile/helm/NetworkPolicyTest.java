package io.turnstile.helm;

import static io.turnstile.helm.PolicySimulation.OUTSIDE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.turnstile.helm.PolicySimulation.Endpoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who reaches whom under the chart's network policies. */
class NetworkPolicyTest {

  private static final Endpoint STRANGER = new Endpoint("elsewhere", Map.of());
  private static final Endpoint NEIGHBOUR = new Endpoint(Chart.NAMESPACE, Map.of("app", "other"));
  private static final Endpoint NAME_SERVER =
      new Endpoint("kube-system", Map.of("k8s-app", "kube-dns"));

  private static Endpoint jobManager(Manifests manifests) {
    return deployment(manifests, "jobmanager");
  }

  private static Endpoint taskManager(Manifests manifests) {
    return deployment(manifests, "taskmanager");
  }

  private static Endpoint deployment(Manifests manifests, String who) {
    return pod(
        manifests.get(Deployment.class, who).getSpec().getTemplate().getMetadata().getLabels());
  }

  private static Endpoint hook(Manifests manifests, String which) {
    return pod(manifests.get(Job.class, which).getSpec().getTemplate().getMetadata().getLabels());
  }

  private static Endpoint pod(Map<String, String> labels) {
    return new Endpoint(Chart.NAMESPACE, labels);
  }

  @Test
  void releaseTalksToItselfAndNobodyElseGetsIn() {
    Manifests manifests = Chart.of("values-dev.yaml").manifests();
    PolicySimulation network = new PolicySimulation(manifests);
    Endpoint kafka =
        pod(
            manifests
                .get(StatefulSet.class, "kafka")
                .getSpec()
                .getTemplate()
                .getMetadata()
                .getLabels());
    Endpoint check = pod(manifests.get(Pod.class, "check").getMetadata().getLabels());
    for (Endpoint one : List.of(jobManager(manifests), taskManager(manifests), check)) {
      assertThat(network.admits(one, kafka, 9092)).isTrue();
      assertThat(network.admits(one, jobManager(manifests), 8081)).isTrue();
      assertThat(network.admits(one, taskManager(manifests), 6122)).isTrue();
      assertThat(network.admits(one, NAME_SERVER, "UDP", 53)).isTrue();
      assertThat(network.admits(one, OUTSIDE, 10250)).as("the node's kubelet").isFalse();
    }
    for (Endpoint other : List.of(STRANGER, NEIGHBOUR)) {
      for (int port : new int[] {8081, 6123, 6124, 6121, 6122, 9092}) {
        assertThat(network.admits(other, jobManager(manifests), port)).isFalse();
        assertThat(network.admits(other, taskManager(manifests), port)).isFalse();
        assertThat(network.admits(other, kafka, port)).isFalse();
      }
      assertThat(network.admits(other, taskManager(manifests), 9249)).as("metrics").isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "kafka.bootstrapServers, kafka.kafka.svc.cluster.local:19092, 19092",
    "kafka.bootstrapServers, 'a:19092, b:19093', 19093",
    "kafka.bootstrapServers, [2001:db8::1]:19092, 19092",
    "kafka.bootstrapServers, SASL_SSL://kafka.example:19092, 19092",
    "tokens.jwksUrl, https://idp.example:8443/jwks.json, 8443",
    "tokens.jwksUrl, https://[2001:db8::1]:8443, 8443",
    "tokens.jwksUrl, https://idp.example:8443?realm=9:9, 8443",
    "tokens.jwksUrl, https://user:1@idp.example:8443/a/b:7, 8443",
    "storage.s3.endpoint, https://minio:9000, 9000",
    "storage.s3.endpoint, http://minio.minio.svc, 80",
    "flink.config.s3\\.endpoint, https://minio:9000, 9000",
    "flink.config.presto\\.s3\\.endpoint, https://minio:9000, 9000",
    "proxy.url, http://proxy.example:3128, 3128",
    "postgresql.url, jdbc:postgresql://db.example:6543/shop?sslmode=verify-full, 6543",
    "postgresql.url, jdbc:postgresql://db.example/shop, 5432",
  })
  void portOfEveryAddressIsOpen(String key, String address, int port) {
    Manifests without = Chart.minimal().manifests();
    assertThat(new PolicySimulation(without).admits(jobManager(without), OUTSIDE, port)).isFalse();
    Manifests with = Chart.minimal().with(key, address).manifests();
    assertThat(new PolicySimulation(with).admits(jobManager(with), STRANGER, port)).isTrue();
    assertThat(new PolicySimulation(with).admits(taskManager(with), OUTSIDE, port)).isTrue();
  }

  @Test
  void objectStoreOfAmazonIsReachedWhateverPortsAreNamed() {
    Manifests manifests =
        Chart.minimal()
            .with("networkPolicy.httpsPorts[0]", 6443)
            .with("networkPolicy.httpsPorts[1]", 6444)
            .with("tokens.jwksUrl", "")
            .with("tokens.jwksSecret.name", "jwks")
            .manifests();
    PolicySimulation network = new PolicySimulation(manifests);
    assertThat(network.admits(taskManager(manifests), STRANGER, 443)).isTrue();
  }

  /** Hooks run before the policy of their release is there. */
  @Test
  void wrongPolicyOfTheReleaseBeforeDoesNotHoldUpAnUpgrade() {
    Manifests before = Chart.minimal().with("kafka.bootstrapServers", "kafka:9093").manifests();
    Manifests after = Chart.minimal().with("kafka.bootstrapServers", "kafka:19092").manifests();
    PolicySimulation network = new PolicySimulation(before);
    assertThat(network.admits(jobManager(after), STRANGER, 19092)).isFalse();
    assertThat(network.admits(hook(after, "topics"), STRANGER, 19092)).isTrue();
    assertThat(network.admits(hook(after, "savepoint"), jobManager(before), 8081)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {443, 6443, 8443, 16443})
  void kubernetesOfALaptopIsReachedByTheDevelopmentValues(int port) {
    Manifests manifests = Chart.of("values-dev.yaml").manifests();
    PolicySimulation network = new PolicySimulation(manifests);
    assertThat(network.admits(jobManager(manifests), STRANGER, port)).isTrue();
  }

  @Test
  void ingressLetsItsControllerIn() {
    Chart ingress =
        Chart.minimal().with("ingress.enabled", true).with("ingress.host", "flink.example");
    assertThatThrownBy(ingress::render).hasMessageContaining("networkPolicy.webFrom");
    String peer = "networkPolicy.webFrom[0].namespaceSelector.matchLabels.";
    Manifests manifests =
        ingress.with(peer + "kubernetes\\.io/metadata\\.name", "ingress-nginx").manifests();
    PolicySimulation network = new PolicySimulation(manifests);
    Endpoint controller = new Endpoint("ingress-nginx", Map.of("app", "nginx"));
    assertThat(network.admits(controller, jobManager(manifests), 8081)).isTrue();
    assertThat(network.admits(controller, jobManager(manifests), 6123)).isFalse();
    assertThat(network.admits(STRANGER, jobManager(manifests), 8081)).isFalse();
    // Who switches the policies off needs no exception from them.
    assertThat(ingress.with("networkPolicy.enabled", false).render()).contains("kind: Ingress");
  }

  @Test
  void nameServersOfOpenShiftAreReached() {
    Manifests manifests =
        Chart.minimal().with(Chart.DIRECTORY.resolve("values-openshift.yaml")).manifests();
    PolicySimulation network = new PolicySimulation(manifests);
    for (int port : new int[] {53, 5353}) {
      assertThat(network.admits(taskManager(manifests), NAME_SERVER, "UDP", port)).isTrue();
      assertThat(network.admits(taskManager(manifests), NAME_SERVER, "TCP", port)).isTrue();
    }
  }

  @Test
  void labelsOfOnesOwnDoNotChangeWhoIsMeant() {
    Manifests manifests = Chart.minimal().with("podLabels.team", "payments").manifests();
    Map<String, String> labels = new HashMap<>(jobManager(manifests).labels());
    assertThat(labels).containsEntry("team", "payments");
    labels.remove("team");
    assertThat(labels).isEqualTo(jobManager(Chart.minimal().manifests()).labels());
  }
}
