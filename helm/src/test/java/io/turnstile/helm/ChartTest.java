package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChartTest {

  private static final YAMLMapper YAML = new YAMLMapper();

  @TempDir private Path directory;

  // --- The chart as a whole

  @ParameterizedTest
  @ValueSource(strings = {"values.yaml", "values-dev.yaml", "values-prod.yaml"})
  void lintIsContentWithEveryValuesFile(String file) throws IOException {
    Path copy = copyWithDefaults(file);
    LintResult result = new Helm(copy).lint().strict().call();
    assertThat(result.isFailed()).as(result.getMessages().toString()).isFalse();
  }

  /** `helm lint` takes no values here, so they become the defaults of a copy. */
  private Path copyWithDefaults(String valuesFile) throws IOException {
    Path copy = directory.resolve("turnstile");
    Chart.copy(copy);
    ObjectNode merged = (ObjectNode) YAML.readTree(copy.resolve("values.yaml").toFile());
    merge(merged, YAML.readTree(Chart.DIRECTORY.resolve(valuesFile).toFile()));
    YAML.writeValue(copy.resolve("values.yaml").toFile(), merged);
    return copy;
  }

  /** As Helm does: objects are merged, everything else is replaced. */
  private static void merge(ObjectNode into, JsonNode from) {
    for (Map.Entry<String, JsonNode> entry : from.properties()) {
      if (entry.getValue().isObject() && into.path(entry.getKey()).isObject()) {
        merge((ObjectNode) into.get(entry.getKey()), entry.getValue());
      } else {
        into.set(entry.getKey(), entry.getValue());
      }
    }
  }

  @Test
  void packageHoldsTheConfigurationThatLiesOutsideOfTheChart() throws Exception {
    new Helm(Chart.DIRECTORY).packageIt().withDestination(directory).call();
    List<Path> packages;
    try (Stream<Path> files = Files.list(directory)) {
      packages = files.toList();
    }
    assertThat(packages).hasSize(1);
    String rendered = Chart.of("values-prod.yaml").render(packages.get(0));
    assertThat(Manifests.parse(rendered).flinkConfig())
        .isEqualTo(Chart.of("values-prod.yaml").manifests().flinkConfig())
        .containsKey("restart-strategy.type");
  }

  static Stream<Arguments> variants() {
    return Stream.of(
        variant("defaults", chart -> chart),
        variant("checkpoint mode", chart -> chart.with("job.commit", "checkpoint")),
        variant(
            "reactive with autoscaling",
            chart -> chart.with("scheduling", "reactive").with("autoscaling.enabled", true)),
        variant("suspended", chart -> chart.with("job.suspended", true)),
        variant(
            "from a savepoint",
            chart ->
                chart
                    .with("job.generation", 2)
                    .with("job.fromSavepoint", "s3://bucket/savepoint-1")
                    .with("job.allowNonRestoredState", true)),
        variant(
            "no high availability, no extras",
            chart ->
                chart
                    .with("highAvailability.enabled", false)
                    .with("podDisruptionBudget.enabled", false)
                    .with("topologySpread.enabled", false)
                    .with("networkPolicy.enabled", false)
                    .with("topics.create", false)
                    .with("upgrade.savepoint", false)),
        variant(
            "everything on",
            chart ->
                chart
                    .with("kafka.clientProperties.secretName", "kafka")
                    .with("postgresql.url", "jdbc:postgresql://db:5432/shop")
                    .with("postgresql.user", "job")
                    .with("postgresql.passwordSecret.name", "database")
                    .with("tokens.jwksUrl", "")
                    .with("tokens.jwksSecret.name", "jwks")
                    .with("topics.prefix", "eu.")
                    .with("topics.inputPartitions", 12)
                    .with("storage.s3.endpoint", "https://store:9000")
                    .with("storage.s3.pathStyleAccess", true)
                    .with("storage.s3.credentialsSecret.name", "s3")
                    .with("jobManager.replicas", 2)
                    .with("jobManager.cpuLimit", "2")
                    .with("jobManager.nodeSelector.disk", "ssd")
                    .with("jobManager.podAnnotations.note", "x")
                    .with("serviceAccount.annotations.role", "x")
                    .with("image.pullSecrets[0]", "registry")
                    .with("image.digest", "sha256:" + "0".repeat(64))
                    .with("networkPolicy.webFrom[0].namespaceSelector.matchLabels.name", "proxy")
                    .with("networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.name", "prom")
                    .with("ingress.enabled", true)
                    .with("ingress.className", "nginx")
                    .with("ingress.host", "flink.example")
                    .with("ingress.tlsSecretName", "tls")
                    .with("ingress.annotations.auth", "x")
                    .with("monitoring.podMonitor.enabled", true)
                    .with("monitoring.podMonitor.labels.release", "prometheus")
                    .with("monitoring.prometheusRule.enabled", true)
                    .with("monitoring.dashboard.enabled", true)
                    .with("check.signingKeySecret.name", "signing")
                    .with("podLabels.team", "payments")
                    .with("priorityClassName", "high")
                    .with("certificates.secretName", "authorities")
                    .with("proxy.url", "http://proxy:3128")
                    .with("javaOptions", "-XX:+UseSerialGC")
                    .with("extraEnv[0].name", "ZONE")
                    .with("extraEnv[0].value", "a")
                    .with("extraVolumes[0].name", "extra")
                    .with("extraVolumes[0].emptyDir.sizeLimit", "1Mi")
                    .with("extraVolumeMounts[0].name", "extra")
                    .with("extraVolumeMounts[0].mountPath", "/extra")
                    .with("job.options.dedup-window", "2h")
                    .with("job.options.trust-producer-time", true)),
        variant(
            "a claim of its own",
            chart ->
                chart
                    .with("storage.uri", "file:///opt/turnstile/state")
                    .with("storage.persistentVolumeClaim.enabled", true)
                    .with("storage.persistentVolumeClaim.storageClassName", "nfs")),
        variant("throughput", chart -> chart.with("flink.profile", "throughput")),
        variant("upgrades beside", chart -> chart.with("upgrade.beside", true)),
        Arguments.of("values-dev.yaml", Chart.of("values-dev.yaml")),
        Arguments.of("values-prod.yaml", Chart.of("values-prod.yaml")),
        Arguments.of(
            "values-prod.yaml, reactive",
            Chart.of("values-prod.yaml")
                .with("scheduling", "reactive")
                .with("autoscaling.enabled", true)));
  }

  private static Arguments variant(String name, UnaryOperator<Chart> change) {
    return Arguments.of(name, change.apply(Chart.minimal()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("variants")
  void everyManifestIsOneThatKubernetesKnows(String name, Chart chart) {
    Manifests manifests = chart.manifests();
    assertThat(manifests.all(Deployment.class)).hasSize(2);
    assertThat(manifests.all())
        .extracting(each -> each.getKind() + "/" + each.getMetadata().getName())
        .doesNotHaveDuplicates();
    assertThat(manifests.all())
        .allSatisfy(
            each ->
                assertThat(each.getMetadata().getLabels())
                    .containsEntry("app.kubernetes.io/instance", Chart.RELEASE));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("variants")
  void everyPodMeetsTheRestrictedStandard(String name, Chart chart) {
    for (PodSpec pod : pods(chart.manifests())) {
      assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
      assertThat(pod.getSecurityContext().getRunAsUser()).isPositive();
      assertThat(pod.getSecurityContext().getSeccompProfile().getType())
          .isEqualTo("RuntimeDefault");
      assertThat(pod.getVolumes())
          .allMatch(
              volume ->
                  volume.getConfigMap() != null
                      || volume.getSecret() != null
                      || volume.getEmptyDir() != null
                      || volume.getPersistentVolumeClaim() != null);
      for (Container container : containers(pod)) {
        assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
        assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
        assertThat(container.getSecurityContext().getCapabilities().getDrop())
            .containsExactly("ALL");
        assertThat(container.getSecurityContext().getCapabilities().getAdd()).isNullOrEmpty();
        assertThat(container.getResources().getRequests()).containsKeys("cpu", "memory");
        assertThat(container.getResources().getLimits().get("memory"))
            .isEqualTo(container.getResources().getRequests().get("memory"));
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("variants")
  void everyMountHasItsVolumeAndEveryVolumeItsSource(String name, Chart chart) {
    Manifests manifests = chart.manifests();
    for (PodSpec pod : pods(manifests)) {
      Set<String> volumes =
          pod.getVolumes().stream().map(Volume::getName).collect(Collectors.toSet());
      Set<String> mounted =
          containers(pod).stream()
              .flatMap(container -> container.getVolumeMounts().stream())
              .map(VolumeMount::getName)
              .filter(mount -> !mount.equals("data"))
              .collect(Collectors.toSet());
      assertThat(mounted).isEqualTo(volumes);
      for (Volume volume : pod.getVolumes()) {
        if (volume.getConfigMap() != null) {
          assertThat(names(manifests.all(ConfigMap.class)))
              .contains(volume.getConfigMap().getName());
        }
        if (volume.getPersistentVolumeClaim() != null) {
          assertThat(names(manifests.all(PersistentVolumeClaim.class)))
              .contains(volume.getPersistentVolumeClaim().getClaimName());
        }
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("variants")
  void everySelectorFindsItsPodsAndTheServicesTheirPorts(String name, Chart chart) {
    Manifests manifests = chart.manifests();
    for (Deployment deployment : manifests.all(Deployment.class)) {
      assertThat(deployment.getSpec().getTemplate().getMetadata().getLabels())
          .containsAllEntriesOf(deployment.getSpec().getSelector().getMatchLabels());
    }
    for (Service service : manifests.all(Service.class)) {
      List<PodSpec> selected =
          Stream.concat(
                  manifests.all(Deployment.class).stream()
                      .map(each -> each.getSpec().getTemplate()),
                  manifests.all(StatefulSet.class).stream()
                      .map(each -> each.getSpec().getTemplate()))
              .filter(
                  template ->
                      template
                          .getMetadata()
                          .getLabels()
                          .entrySet()
                          .containsAll(service.getSpec().getSelector().entrySet()))
              .map(template -> template.getSpec())
              .toList();
      assertThat(selected).hasSize(1);
      service
          .getSpec()
          .getPorts()
          .forEach(
              port ->
                  assertThat(selected.get(0).getContainers().get(0).getPorts())
                      .anyMatch(
                          each ->
                              each.getName().equals(port.getTargetPort().getStrVal())
                                  && each.getContainerPort().equals(port.getPort())));
    }
  }

  // --- Single promises

  @Test
  void highAvailabilityIsOnAndItsStateOutlivesThePods() {
    Map<String, String> config = Chart.minimal().manifests().flinkConfig();
    assertThat(config)
        .containsEntry("high-availability.type", "kubernetes")
        .containsEntry("high-availability.storageDir", "s3://bucket/turnstile/ha")
        .containsEntry("kubernetes.cluster-id", "shop-turnstile")
        // Not "/default", which is everybody's who shares a storage.uri.
        .containsEntry("high-availability.cluster-id", "/payments/shop-turnstile")
        .containsEntry("kubernetes.namespace", "payments")
        .containsEntry("execution.checkpointing.dir", "s3://bucket/turnstile/checkpoints")
        .containsEntry("execution.checkpointing.savepoint-dir", "s3://bucket/turnstile/savepoints")
        // A job that has ended stays ended and visible: it must not begin again without
        // its state.
        .containsEntry("execution.shutdown-on-application-finish", "false")
        .containsEntry("job-result-store.delete-on-commit", "false");
  }

  @Test
  void accountsMayUseOnlyTheConfigMapsOfHighAvailability() {
    Manifests manifests = Chart.minimal().manifests();
    String jobId = jobId(manifests);
    List<PolicyRule> rules = manifests.get(Role.class, "jobmanager").getRules();
    assertThat(rules).allMatch(rule -> rule.getResources().equals(List.of("configmaps")));
    assertThat(rules)
        .filteredOn(rule -> !rule.getVerbs().equals(List.of("create")))
        .singleElement()
        .satisfies(
            rule ->
                assertThat(rule.getResourceNames())
                    .containsExactly(
                        "shop-turnstile-cluster-config-map",
                        "shop-turnstile-" + jobId + "-config-map"));
    assertThat(manifests.get(Role.class, "taskmanager").getRules())
        .singleElement()
        .satisfies(rule -> assertThat(rule.getVerbs()).containsExactly("get", "list", "watch"));
    assertThat(Chart.minimal().with("highAvailability.enabled", false).manifests().all(Role.class))
        .isEmpty();
  }

  @Test
  void newPodsMakeTheJobAnewFromTheNewestCheckpoint() {
    Deployment jobManager = Chart.minimal().manifests().get(Deployment.class, "jobmanager");
    assertThat(jobManager.getSpec().getStrategy().getType()).isEqualTo("Recreate");
    assertThat(jobManager.getSpec().getTemplate().getSpec().getInitContainers())
        .singleElement()
        .satisfies(
            container ->
                assertThat(container.getArgs())
                    .containsExactly(
                        "payments",
                        "shop-turnstile-cluster-config-map",
                        // Where its plans are, by the storageDir and cluster-id of Flink.
                        "s3://bucket/turnstile/ha/payments/shop-turnstile"));
  }

  @Test
  void generationGivesTheJobANewIdentity() {
    String first = jobId(Chart.minimal().manifests());
    assertThat(first).matches("[0-9a-f]{32}").isEqualTo(jobId(Chart.minimal().manifests()));
    Chart second =
        Chart.minimal()
            .with("job.generation", 2)
            .with("job.fromSavepoint", "s3://bucket/savepoint");
    assertThat(jobId(second.manifests())).matches("[0-9a-f]{32}").isNotEqualTo(first);
    assertThat(jobManagerArguments(second.manifests()))
        .containsSubsequence("--fromSavepoint", "s3://bucket/savepoint");
  }

  @Test
  void optionsOfTheJobReplaceOnlyTheJobManager() {
    Manifests before = Chart.minimal().manifests();
    Manifests after = Chart.minimal().with("job.options.dedup-window", "2h").manifests();
    assertThat(template(after, "jobmanager")).isNotEqualTo(template(before, "jobmanager"));
    assertThat(template(after, "taskmanager")).isEqualTo(template(before, "taskmanager"));
  }

  private static PodTemplateSpec template(Manifests manifests, String who) {
    return manifests.get(Deployment.class, who).getSpec().getTemplate();
  }

  @Test
  void taskManagerNeedNotLookForItsOwnAddress() {
    Container taskManager =
        template(Chart.minimal().manifests(), "taskmanager").getSpec().getContainers().get(0);
    assertThat(taskManager.getArgs())
        .containsExactly("taskmanager", "-Dtaskmanager.host=$(POD_IP)");
    assertThat(taskManager.getEnv())
        .filteredOn(variable -> variable.getName().equals("POD_IP"))
        .singleElement()
        .satisfies(
            variable ->
                assertThat(variable.getValueFrom().getFieldRef().getFieldPath())
                    .isEqualTo("status.podIP"));
  }

  @Test
  void readyMeansThatTheJobRuns() {
    Manifests manifests = Chart.minimal().manifests();
    assertThat(jobManager(manifests).getReadinessProbe().getExec().getCommand())
        .containsExactly("/opt/turnstile/bin/job-ready", "8081", jobId(manifests));
  }

  @Test
  void spareTaskManagersAreNotPartOfTheParallelism() {
    Chart chart = Chart.minimal().with("taskManager.replicas", 3).with("taskManager.spares", 2);

    assertThat(taskManagers(chart)).isEqualTo(5);
    assertThat(chart.manifests().flinkConfig()).containsEntry("parallelism.default", "3");
    // A reactive job would run on them.
    assertThat(taskManagers(chart.with("scheduling", "reactive"))).isEqualTo(3);
    assertThat(taskManagers(chart.with("job.suspended", true))).isZero();
  }

  private static int taskManagers(Chart chart) {
    return chart.manifests().get(Deployment.class, "taskmanager").getSpec().getReplicas();
  }

  @Test
  void memoryOfContainerAndProcessIsOne() {
    Manifests manifests = Chart.minimal().with("taskManager.memoryMiB", 5000).manifests();
    assertThat(manifests.flinkConfig())
        .containsEntry("taskmanager.memory.process.size", "5000m")
        .containsEntry("taskmanager.numberOfTaskSlots", "1")
        .containsEntry("parallelism.default", "2");
    assertThat(
            containers(
                    manifests
                        .get(Deployment.class, "taskmanager")
                        .getSpec()
                        .getTemplate()
                        .getSpec())
                .get(0)
                .getResources()
                .getLimits()
                .get("memory"))
        .hasToString("5000Mi");
  }

  @Test
  void configurationOfOnesOwnTakesPrecedence() {
    assertThat(
            Chart.minimal()
                .with("flink.config.blob\\.server\\.port", 7000)
                .with("flink.config.taskmanager\\.network\\.request-backoff\\.max", 10_000_000)
                .manifests()
                .flinkConfig())
        .containsEntry("blob.server.port", "7000")
        .containsEntry("taskmanager.network.request-backoff.max", "10000000");
  }

  @Test
  void configurationChangesRestartThePods() {
    UnaryOperator<Chart> change = chart -> chart.with("flink.profile", "throughput");
    for (String who : List.of("jobmanager", "taskmanager")) {
      assertThat(checksum(Chart.minimal(), who))
          .isEqualTo(checksum(Chart.minimal(), who))
          .isNotEqualTo(checksum(change.apply(Chart.minimal()), who));
    }
  }

  @Test
  void secretsAreReferredToAndNeverContained() {
    Manifests manifests =
        Chart.minimal()
            .with("kafka.clientProperties.secretName", "kafka")
            .with("storage.s3.credentialsSecret.name", "s3")
            .manifests();
    Container jobManager = jobManager(manifests);
    assertThat(jobManager.getArgs())
        .contains("--client-properties=/opt/turnstile/kafka/client.properties");
    assertThat(jobManager.getEnv())
        .filteredOn(variable -> variable.getName().startsWith("AWS_"))
        .hasSize(2)
        .allMatch(
            variable ->
                variable.getValue() == null
                    && variable.getValueFrom().getSecretKeyRef().getName().equals("s3"));
  }

  @Test
  void topicsAreMadeBeforeThePodsAreAndWithTheDeploymentsLanes() {
    Job topics = Chart.minimal().with("job.lanes", 7).manifests().get(Job.class, "topics");
    assertThat(topics.getMetadata().getAnnotations())
        .containsEntry("helm.sh/hook", "pre-install,pre-upgrade");
    assertThat(topics.getSpec().getTemplate().getSpec().getContainers().get(0).getArgs())
        .contains(
            "topics",
            "--lanes=7",
            "--replication-factor=3",
            "--verdict-config=min.insync.replicas=2",
            "--verdict-config=unclean.leader.election.enable=false");
  }

  @Test
  void upgradeTakesASavepointFirst() {
    Job savepoint = Chart.minimal().manifests().get(Job.class, "savepoint");
    assertThat(savepoint.getMetadata().getAnnotations())
        .containsEntry("helm.sh/hook", "pre-upgrade");
    assertThat(savepoint.getSpec().getTemplate().getSpec().getContainers().get(0).getArgs())
        .contains("savepoint", "--flink=http://shop-turnstile-rest:8081")
        .doesNotContain("--stop");
    assertThat(
            Chart.minimal()
                .with("upgrade.savepoint", false)
                .manifests()
                .find(Job.class, "savepoint"))
        .isEmpty();
  }

  @Test
  void optionsAreCheckedBeforeAllElseOfAnUpgrade() {
    Manifests manifests = Chart.minimal().with("job.options.commit-interval", "5ms").manifests();
    Job options = manifests.get(Job.class, "options");
    assertThat(options.getMetadata().getAnnotations())
        .containsEntry("helm.sh/hook", "pre-upgrade")
        .containsEntry("helm.sh/hook-weight", "-1");
    Container container = options.getSpec().getTemplate().getSpec().getContainers().get(0);
    assertThat(container.getCommand()).containsExactly("/opt/turnstile/bin/check-options");
    assertThat(container.getArgs()).contains("--commit-interval=5ms");
    assertThat(jobManagerArguments(manifests)).containsSubsequence(container.getArgs());
  }

  @Test
  void autoscalingLeavesTheNumberOfTaskManagersAlone() {
    Chart chart =
        Chart.minimal()
            .with("scheduling", "reactive")
            .with("autoscaling.enabled", true)
            .with("autoscaling.minReplicas", 2);
    Manifests manifests = chart.manifests();
    assertThat(taskManagers(manifests)).as("first installation").isEqualTo(2);
    String running = "global.cluster.payments.shop-turnstile-taskmanager.spec.replicas";
    for (int[] thereAndRendered : new int[][] {{1, 2}, {2, 2}, {3, 3}, {4, 4}, {9, 4}, {0, 2}}) {
      Chart found = chart.with(running, thereAndRendered[0]);
      assertThat(taskManagers(found.manifests()))
          .as("%d run".formatted(thereAndRendered[0]))
          .isEqualTo(thereAndRendered[1]);
      assertThat(taskManagers(found.with("job.suspended", true).manifests())).isZero();
    }
    assertThat(
            manifests
                .get(HorizontalPodAutoscaler.class, "taskmanager")
                .getSpec()
                .getScaleTargetRef()
                .getName())
        .isEqualTo("shop-turnstile-taskmanager");
    assertThat(manifests.flinkConfig())
        .containsEntry("scheduler-mode", "reactive")
        .doesNotContainKey("parallelism.default");
  }

  @Test
  void suspendedMeansNoPodsAndTheSameState() {
    Manifests running = Chart.minimal().manifests();
    Manifests suspended =
        Chart.minimal()
            .with("scheduling", "reactive")
            .with("autoscaling.enabled", true)
            .with("job.suspended", true)
            .manifests();
    assertThat(suspended.all(Deployment.class))
        .allMatch(deployment -> deployment.getSpec().getReplicas() == 0);
    assertThat(suspended.all(HorizontalPodAutoscaler.class)).isEmpty();
    assertThat(jobId(suspended)).isEqualTo(jobId(running));
  }

  @Test
  void whatOpensTheReleaseIsOffByDefault() {
    Manifests manifests = Chart.minimal().manifests();
    assertThat(manifests.all(Ingress.class)).isEmpty();
    assertThat(manifests.all(PodMonitor.class)).isEmpty();
    assertThat(manifests.all(PrometheusRule.class)).isEmpty();
    assertThat(manifests.all(StatefulSet.class)).isEmpty();
    assertThat(manifests.find(NetworkPolicy.class, "web")).isEmpty();
    assertThat(manifests.all(NetworkPolicy.class)).isNotEmpty();
    assertThat(manifests.all(PodDisruptionBudget.class)).hasSize(2);
  }

  @Test
  void rulesAndDashboardAreTheRepositorysOwn() throws IOException {
    Manifests manifests =
        Chart.minimal()
            .with("monitoring.prometheusRule.enabled", true)
            .with("monitoring.dashboard.enabled", true)
            .manifests();
    Path home = Chart.DIRECTORY.getParent().getParent();
    JsonNode rules =
        YAML.readTree(home.resolve("monitoring/prometheus/rules.yaml").toFile()).path("groups");
    assertThat(
            YAML.valueToTree(manifests.all(PrometheusRule.class).get(0).getSpec().getGroups())
                .size())
        .isEqualTo(rules.size())
        .isPositive();
    assertThat(
            YAML.readTree(
                manifests.get(ConfigMap.class, "dashboard").getData().get("turnstile.json")))
        .isEqualTo(
            new ObjectMapper()
                .readTree(home.resolve("monitoring/grafana/turnstile.json").toFile()));
  }

  @Test
  void helmTestChecksTheRelease() {
    Manifests manifests = Chart.of("values-dev.yaml").manifests();
    Pod check = manifests.get(Pod.class, "check");
    assertThat(check.getMetadata().getAnnotations()).containsEntry("helm.sh/hook", "test");
    assertThat(check.getSpec().getContainers().get(0).getArgs())
        .contains(
            "check",
            "--bootstrap-servers=shop-turnstile-kafka:9092",
            "--flink=http://shop-turnstile-rest:8081",
            "--job=" + jobId(manifests),
            "--signing-key=/opt/turnstile/state/keys/signing-key.json");
  }

  // --- Wrong values

  static Stream<Arguments> wrongValues() {
    return Stream.of(
        Arguments.of("jobb.lanes", 4, "jobb"),
        Arguments.of("job.lane", 4, "lane"),
        Arguments.of("taskManager.affinty.x", "y", "affinty"),
        Arguments.of("job.lanes", 0, "lanes"),
        Arguments.of("job.lanes", "four", "lanes"),
        Arguments.of("job.commit", "sometimes", "commit"),
        Arguments.of("job.options.lanes", "9", "/job/options/lanes"),
        Arguments.of("job.options.topic-accepted", "x", "/job/options/topic-accepted"),
        Arguments.of("job.options.--dedup-window", "2h", "--dedup-window"),
        Arguments.of("job.options.dedup-windw", "2h", "dedup-windw"),
        Arguments.of("job.options.dedup-window", "2 hours", "/job/options/dedup-window"),
        Arguments.of("job.generation", 0, "generation"),
        Arguments.of("mode", "session", "mode"),
        Arguments.of("kafka.bootstrapServers", "kafka", "bootstrapServers"),
        Arguments.of("kafka.bootstrapServers", "", "kafka.bootstrapServers is required"),
        Arguments.of("tokens.jwksUrl", "http://idp", "jwksUrl"),
        Arguments.of("tokens.jwksUrl", "", "tokens.jwksUrl"),
        Arguments.of("tokens.jwksSecret.name", "both", "tokens.jwksSecret.name"),
        Arguments.of("tokens.generate", true, "tokens.generate"),
        Arguments.of("storage.uri", "", "storage.uri is required"),
        Arguments.of("storage.uri", "/data", "uri"),
        Arguments.of("storage.uri", "file:///data", "storage.persistentVolumeClaim.enabled"),
        Arguments.of("storage.persistentVolumeClaim.size", "lots", "size"),
        Arguments.of("taskManager.replicas", 5, "taskManager.replicas (5)"),
        Arguments.of("taskManager.cpuRequest", "", "cpuRequest"),
        Arguments.of("taskManager.memoryMiB", 100, "memoryMiB"),
        Arguments.of("autoscaling.enabled", true, "scheduling=reactive"),
        Arguments.of("flink.profile", "fast", "profile"),
        Arguments.of("image.digest", "latest", "digest"),
        Arguments.of("ingress.enabled", true, "ingress.host"),
        Arguments.of("fullnameOverride", "1shop", "/fullnameOverride"),
        Arguments.of(
            "podLabels.app\\.kubernetes\\.io/name", "x", "podLabels: app.kubernetes.io/name"),
        Arguments.of("podAnnotations.helm\\.sh/hook", "x", "podAnnotations: helm.sh/hook"),
        Arguments.of(
            "jobManager.podAnnotations.checksum/config", "x", "podAnnotations: checksum/config"),
        Arguments.of("extraEnv[0].value", "x", "/extraEnv/0"),
        Arguments.of("extraEnv[0].name", "x", "/extraEnv/0"),
        Arguments.of("proxy.url", "https://proxy:3128", "/proxy/url"),
        Arguments.of("proxy.url", "http://proxy", "/proxy/url"),
        Arguments.of("proxy.noProxy[0]", "10.0.0.0/8", "/proxy/noProxy/0"),
        Arguments.of("devKafka.enabled", true, "devKafka.enabled"),
        Arguments.of("podLabels.turnstile/cluster", "x", "podLabels: turnstile/cluster"),
        Arguments.of("upgrade.beside", "maybe", "/upgrade/beside"),
        Arguments.of("upgrade.roomSeconds", 0, "/upgrade/roomSeconds"),
        Arguments.of("check.maxLatency", "soon", "maxLatency"));
  }

  @ParameterizedTest(name = "{0}={1}")
  @MethodSource("wrongValues")
  void wrongValueIsRefusedByItsName(String key, Object value, String named) {
    assertThatThrownBy(Chart.minimal().with(key, value)::render).hasMessageContaining(named);
  }

  @Test
  void whatWouldBreakThePromiseIsRefused() {
    assertThatThrownBy(
            Chart.minimal().with("highAvailability.enabled", false).with("job.commit", "checkpoint")
                ::render)
        .hasMessageContaining("highAvailability.enabled")
        .hasMessageContaining("job.commit");
    assertThatThrownBy(
            Chart.minimal()
                    .with("scheduling", "reactive")
                    .with("autoscaling.enabled", true)
                    .with("autoscaling.maxReplicas", 5)
                ::render)
        .hasMessageContaining("autoscaling.maxReplicas (5)")
        .hasMessageContaining("job.lanes (4)");
  }

  @Test
  void everyDefaultIsInTheSchemaAndTheSchemaHasNothingElse() throws IOException {
    JsonNode schema =
        new ObjectMapper().readTree(Chart.DIRECTORY.resolve("values.schema.json").toFile());
    sameKeys("", schema, YAML.readTree(Chart.DIRECTORY.resolve("values.yaml").toFile()));
  }

  private static void sameKeys(String path, JsonNode schema, JsonNode values) {
    if (schema.has("properties") && !path.endsWith(".options")) {
      assertThat(schema.path("additionalProperties").asBoolean(true)).as(path).isFalse();
      Set<String> known =
          schema.get("properties").properties().stream()
              .map(Map.Entry::getKey)
              // Helm's own, and a parent chart's.
              .filter(key -> !(path.isEmpty() && Set.of("global", "enabled").contains(key)))
              .collect(Collectors.toSet());
      assertThat(values.properties().stream().map(Map.Entry::getKey))
          .as(path)
          .containsExactlyInAnyOrderElementsOf(known);
      known.forEach(
          key -> sameKeys(path + "." + key, schema.at("/properties/" + key), values.get(key)));
    }
  }

  // --- Reading manifests

  private static List<PodSpec> pods(Manifests manifests) {
    return Stream.of(
            manifests.all(Deployment.class).stream()
                .map(each -> each.getSpec().getTemplate().getSpec()),
            manifests.all(StatefulSet.class).stream()
                .map(each -> each.getSpec().getTemplate().getSpec()),
            manifests.all(Job.class).stream().map(each -> each.getSpec().getTemplate().getSpec()),
            manifests.all(Pod.class).stream().map(Pod::getSpec))
        .flatMap(each -> each)
        .toList();
  }

  private static List<Container> containers(PodSpec pod) {
    return Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream()).toList();
  }

  private static Container jobManager(Manifests manifests) {
    return manifests
        .get(Deployment.class, "jobmanager")
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .get(0);
  }

  private static int taskManagers(Manifests manifests) {
    return manifests.get(Deployment.class, "taskmanager").getSpec().getReplicas();
  }

  private static List<String> jobManagerArguments(Manifests manifests) {
    return jobManager(manifests).getArgs();
  }

  private static String jobId(Manifests manifests) {
    List<String> arguments = jobManagerArguments(manifests);
    return arguments.get(arguments.indexOf("--job-id") + 1);
  }

  private static String checksum(Chart chart, String who) {
    return chart
        .manifests()
        .get(Deployment.class, who)
        .getSpec()
        .getTemplate()
        .getMetadata()
        .getAnnotations()
        .get("checksum/config");
  }

  private static List<String> names(List<? extends HasMetadata> objects) {
    return objects.stream().map(each -> each.getMetadata().getName()).toList();
  }
}
