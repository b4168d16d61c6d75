package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.rbac.Role;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code mode: operator}: one FlinkDeployment in place of the pods. */
class OperatorTest {

  private static final YAMLMapper YAML = new YAMLMapper();

  private static Chart operated(Chart chart) {
    return chart
        .with("mode", "operator")
        .with(
            "networkPolicy.webFrom[0].namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name",
            "flink-operator");
  }

  private static Chart minimal() {
    return operated(Chart.minimal());
  }

  private static JsonNode deployment(Chart chart) {
    List<GenericKubernetesResource> found = chart.manifests().all(GenericKubernetesResource.class);
    assertThat(found).hasSize(1);
    return YAML.valueToTree(found.get(0));
  }

  private static JsonNode spec(Chart chart) {
    return deployment(chart).path("spec");
  }

  static Stream<Chart> charts() {
    return Stream.of(
        minimal(),
        operated(Chart.of("values-dev.yaml")),
        operated(Chart.of("values-prod.yaml")),
        operated(
            Chart.of("values-prod.yaml").with(Chart.DIRECTORY.resolve("values-openshift.yaml"))),
        minimal().with("autoscaling.enabled", true).with("job.suspended", true),
        minimal().with("taskManager.cpuRequest", "1500m").with("taskManager.cpuLimit", 3),
        minimal()
            .with("job.fromSavepoint", "s3://bucket/savepoint-1")
            .with("job.generation", 2)
            .with("certificates.secretName", "authorities")
            .with("jobManager.podAnnotations.note", 7)
            .with("jobManager.tolerations[0].operator", "Exists"));
  }

  /** With unknown fields refused, which the API server would prune in silence. */
  @ParameterizedTest
  @MethodSource("charts")
  void deploymentIsOneThatTheOperatorKnows(Chart chart) throws IOException {
    JsonNode schema;
    try (InputStream crd =
        OperatorTest.class.getResourceAsStream(
            "/META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml")) {
      schema = YAML.readTree(crd).at("/spec/versions/0/schema/openAPIV3Schema/properties/spec");
    }
    // Operators of before Flink 2.2 have the same fields.
    ((ObjectNode) schema.at("/properties/flinkVersion")).remove("enum");
    close(schema);
    assertThat(
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
                .getSchema(schema.toString())
                .validate(spec(chart).toString(), InputFormat.JSON))
        .isEmpty();
  }

  private static void close(JsonNode schema) {
    if (schema instanceof ObjectNode node
        && node.has("properties")
        && !node.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      node.put("additionalProperties", false);
    }
    if (schema instanceof ObjectNode node) {
      // Both forms of a quantity.
      if (node.path("x-kubernetes-int-or-string").asBoolean()) {
        node.remove("type");
      }
      node.remove("format");
    }
    schema.forEach(OperatorTest::close);
  }

  @Test
  void operatorMakesThePodsAndTheSavepoints() {
    Manifests manifests = minimal().with("autoscaling.enabled", true).manifests();
    assertThat(manifests.all(Deployment.class)).isEmpty();
    assertThat(manifests.all(Service.class)).isEmpty();
    assertThat(manifests.all(HorizontalPodAutoscaler.class)).isEmpty();
    assertThat(manifests.find(Job.class, "savepoint")).isEmpty();
    assertThat(manifests.find(Job.class, "topics")).isPresent();
    // Commands find the REST API at the name that the operator gives its service.
    assertThat(deployment(minimal()).at("/metadata/name").asText() + "-rest")
        .isEqualTo("shop-turnstile-rest");
  }

  @Test
  void jobIsTheSameWithTheSameArguments() {
    Chart chart = Chart.minimal().with("job.options.dedup-window", "2h");
    List<String> application =
        chart
            .manifests()
            .get(Deployment.class, "jobmanager")
            .getSpec()
            .getTemplate()
            .getSpec()
            .getContainers()
            .get(0)
            .getArgs();
    JsonNode job = spec(operated(chart)).path("job");
    List<String> operated = job.path("args").valueStream().map(JsonNode::asText).toList();
    assertThat(application).endsWith(operated.toArray(String[]::new));
    assertThat(operated).contains("--dedup-window=2h", "--lanes=4");
    assertThat(application).contains(job.path("entryClass").asText());
    assertThat(job.path("parallelism").asInt()).isEqualTo(2);
  }

  @Test
  void upgradesGoBySavepointAndSuspensionByState() {
    assertThat(spec(minimal()).at("/job/upgradeMode").asText()).isEqualTo("savepoint");
    assertThat(spec(minimal()).at("/job/state").asText()).isEqualTo("running");
    assertThat(spec(minimal().with("upgrade.savepoint", false)).at("/job/upgradeMode").asText())
        .isEqualTo("last-state");
    assertThat(spec(minimal().with("job.suspended", true)).at("/job/state").asText())
        .isEqualTo("suspended");
    JsonNode back =
        spec(minimal().with("job.fromSavepoint", "s3://b/s-1").with("job.generation", 3))
            .path("job");
    assertThat(back.path("initialSavepointPath").asText()).isEqualTo("s3://b/s-1");
    assertThat(back.path("savepointRedeployNonce").asInt()).isEqualTo(3);
    assertThat(spec(minimal()).at("/job/savepointRedeployNonce").isMissingNode()).isTrue();
  }

  /** The operator refuses the first three; the rest would contradict what it makes. */
  @Test
  void whatTheOperatorSetsIsLeftToIt() {
    JsonNode config = spec(minimal()).path("flinkConfiguration");
    for (String key :
        List.of(
            "kubernetes.cluster-id",
            "kubernetes.namespace",
            "high-availability.cluster-id",
            "jobmanager.rpc.address",
            "rest.address",
            "jobmanager.memory.process.size",
            "parallelism.default")) {
      assertThat(config.has(key)).as(key).isFalse();
    }
    assertThat(config.path("high-availability.type").asText()).isEqualTo("kubernetes");
    assertThat(config.path("high-availability.storageDir").asText())
        .isEqualTo("s3://bucket/turnstile/ha/payments");
    assertThat(config.path("slotmanager.redundant-taskmanager-num").asText()).isEqualTo("1");
    assertThat(config.path("env.java.opts.all").asText()).contains("--add-opens");
    assertThat(config).allMatch(JsonNode::isTextual);
  }

  @Test
  void autoscalerIsTheOperatorsWithTheLimitsOfTheValues() {
    JsonNode config =
        spec(minimal()
                .with("autoscaling.enabled", true)
                .with("autoscaling.maxReplicas", 2)
                .with("taskManager.slots", 2)
                .with("taskManager.replicas", 1))
            .path("flinkConfiguration");
    assertThat(config.path("job.autoscaler.enabled").asText()).isEqualTo("true");
    assertThat(config.path("jobmanager.scheduler").asText()).isEqualTo("adaptive");
    assertThat(config.path("job.autoscaler.vertex.min-parallelism").asText()).isEqualTo("2");
    assertThat(config.path("job.autoscaler.vertex.max-parallelism").asText()).isEqualTo("4");
    assertThat(config.path("job.autoscaler.utilization.target").asText()).isEqualTo("0.7");
    assertThat(spec(minimal()).path("flinkConfiguration").has("job.autoscaler.enabled")).isFalse();
  }

  @Test
  void processorsAreNumbersAndTheLimitAFactor() {
    Chart chart =
        minimal().with("taskManager.cpuRequest", "1500m").with("taskManager.cpuLimit", "3");
    assertThat(spec(chart).at("/taskManager/resource/cpu").asDouble()).isEqualTo(1.5);
    assertThat(spec(chart).at("/taskManager/resource/memory").asText()).isEqualTo("4096m");
    assertThat(
            spec(chart).at("/flinkConfiguration/kubernetes.taskmanager.cpu.limit-factor").asText())
        .isEqualTo("2");
  }

  @Test
  void podsAreAsProtectedAsThoseOfTheChart() {
    for (String who : List.of("jobManager", "taskManager")) {
      JsonNode pod = spec(minimal()).at("/" + who + "/podTemplate/spec");
      assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
      assertThat(pod.at("/containers/0/name").asText()).isEqualTo("flink-main-container");
      assertThat(pod.at("/containers/0/securityContext/readOnlyRootFilesystem").asBoolean())
          .isTrue();
      assertThat(
              spec(minimal())
                  .at("/" + who + "/podTemplate/metadata/labels")
                  .path("app.kubernetes.io/component")
                  .asText())
          .isEqualTo(who.toLowerCase(Locale.ROOT));
    }
    // Native Flink starts its TaskManagers itself.
    assertThat(minimal().manifests().get(Role.class, "jobmanager").getRules().get(0).getResources())
        .contains("pods");
    assertThat(
            Chart.minimal().manifests().get(Role.class, "jobmanager").getRules().stream()
                .flatMap(rule -> rule.getResources().stream()))
        .doesNotContain("pods");
  }

  @Test
  void whatTheOperatorCannotDoIsRefused() {
    assertThatThrownBy(Chart.minimal().with("mode", "operator")::render)
        .hasMessageContaining("networkPolicy.webFrom");
    assertThatThrownBy(minimal().with("scheduling", "reactive")::render)
        .hasMessageContaining("scheduling=reactive");
    assertThatThrownBy(minimal().with("highAvailability.enabled", false)::render)
        .hasMessageContaining("highAvailability.enabled");
  }
}
