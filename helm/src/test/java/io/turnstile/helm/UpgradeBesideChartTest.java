package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.turnstile.helm.PolicySimulation.Endpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is rendered with {@code upgrade.beside}. */
class UpgradeBesideChartTest {

  private static final String REVISION = ".Release.Revision";

  private static final String ACCOUNT = "global.shop-turnstile-upgrade";

  @TempDir private Path directory;

  private static Chart beside() {
    return Chart.minimal().with("upgrade.beside", true);
  }

  /** As the second revision; the library renders the first one only. */
  private Manifests next(Chart chart) throws IOException {
    return Manifests.parse(edited(chart, template -> template.replace(REVISION, "2")));
  }

  private String edited(Chart chart, UnaryOperator<String> edit) throws IOException {
    Path copy = directory.resolve("turnstile");
    Chart.copyWithHooks(copy, edit);
    return chart.renderWithHooks(copy);
  }

  private static List<HasMetadata> clusters(Manifests manifests) {
    return manifests.all().stream().filter(each -> cluster(each) != null).toList();
  }

  private static String cluster(HasMetadata object) {
    return object.getMetadata().getLabels().get("turnstile/cluster");
  }

  private static String id(HasMetadata object) {
    return object.getKind() + "/" + object.getMetadata().getName();
  }

  @Test
  void everyRevisionHasAClusterOfItsOwnThatHelmLeavesAlone() throws IOException {
    List<HasMetadata> first = clusters(beside().manifests());
    List<HasMetadata> second = clusters(next(beside()));
    assertThat(first)
        .extracting(UpgradeBesideChartTest::id)
        .containsExactlyInAnyOrder(
            "ConfigMap/shop-turnstile-r1-flink",
            "Deployment/shop-turnstile-r1-jobmanager",
            "Deployment/shop-turnstile-r1-taskmanager",
            "Service/shop-turnstile-r1-jobmanager",
            "Role/shop-turnstile-r1-jobmanager",
            "Role/shop-turnstile-r1-taskmanager",
            "RoleBinding/shop-turnstile-r1-jobmanager",
            "RoleBinding/shop-turnstile-r1-taskmanager",
            "Job/shop-turnstile-r1-upgrade");
    assertThat(second)
        .extracting(UpgradeBesideChartTest::id)
        .doesNotContainAnyElementsOf(first.stream().map(UpgradeBesideChartTest::id).toList())
        .hasSameSizeAs(first);
    assertThat(second).allMatch(each -> cluster(each).equals("shop-turnstile-r2"));
    assertThat(second)
        .filteredOn(each -> !(each instanceof Job))
        .allSatisfy(
            each ->
                assertThat(each.getMetadata().getAnnotations())
                    .containsEntry("helm.sh/resource-policy", "keep"));
    // It ends with its release.
    assertThat(second)
        .filteredOn(each -> each instanceof Job)
        .allSatisfy(each -> assertThat(each.getMetadata().getAnnotations()).isNullOrEmpty());
  }

  @Test
  void everythingElseHasTheSameNameInEveryRevision() throws IOException {
    assertThat(others(next(beside()))).isEqualTo(others(beside().manifests()));
  }

  private static List<String> others(Manifests manifests) {
    return manifests.all().stream()
        .filter(each -> cluster(each) == null)
        .map(UpgradeBesideChartTest::id)
        .toList();
  }

  @Test
  void clustersShareNeitherElectionNorJobNorFiles() throws IOException {
    Manifests first = beside().manifests();
    Manifests second = next(beside());
    assertThat(second.flinkConfig())
        .containsEntry("kubernetes.cluster-id", "shop-turnstile-r2")
        .containsEntry("high-availability.cluster-id", "/payments/shop-turnstile-r2")
        .containsEntry("jobmanager.rpc.address", "shop-turnstile-r2-jobmanager")
        .containsEntry("rest.address", "shop-turnstile-rest");
    assertThat(jobId(second)).matches("[0-9a-f]{32}").isNotEqualTo(jobId(first));
    assertThat(jobManager(second).getReadinessProbe().getExec().getCommand())
        .contains(jobId(second));
    assertThat(template(second, "jobmanager").getSpec().getInitContainers())
        .singleElement()
        .satisfies(
            container ->
                assertThat(container.getArgs())
                    .containsExactly(
                        "payments",
                        "shop-turnstile-r2-cluster-config-map",
                        "s3://bucket/turnstile/ha/payments/shop-turnstile-r2"));
  }

  /** The old one loses no right while it runs. */
  @Test
  void rightsAreThoseOfTheOwnCluster() throws IOException {
    Manifests second = next(beside());
    List<PolicyRule> rules = second.get(Role.class, "r2-jobmanager").getRules();
    assertThat(rules)
        .filteredOn(rule -> !rule.getVerbs().equals(List.of("create")))
        .singleElement()
        .satisfies(
            rule ->
                assertThat(rule.getResourceNames())
                    .containsExactly(
                        "shop-turnstile-r2-cluster-config-map",
                        "shop-turnstile-r2-" + jobId(second) + "-config-map"));
    RoleBinding binding = second.get(RoleBinding.class, "r2-jobmanager");
    assertThat(binding.getRoleRef().getName()).isEqualTo("shop-turnstile-r2-jobmanager");
    assertThat(binding.getSubjects().get(0).getName()).isEqualTo("shop-turnstile-jobmanager");
    assertThat(template(second, "jobmanager").getSpec().getServiceAccountName())
        .isEqualTo("shop-turnstile-jobmanager");
  }

  @Test
  void ownServiceFindsOneClusterAndTheStableOnesFindBoth() throws IOException {
    Manifests first = beside().manifests();
    Manifests second = next(beside());
    Map<String, String> old = template(first, "jobmanager").getMetadata().getLabels();
    Map<String, String> fresh = template(second, "jobmanager").getMetadata().getLabels();
    assertThat(selects(second.get(Service.class, "r2-jobmanager"), old)).isFalse();
    assertThat(selects(second.get(Service.class, "r2-jobmanager"), fresh)).isTrue();
    assertThat(second.get(Service.class, "r2-jobmanager").getSpec().getPorts())
        .anyMatch(port -> port.getPort() == 8081);
    for (Map<String, String> pod : List.of(old, fresh)) {
      assertThat(selects(second.get(Service.class, "rest"), pod)).isTrue();
      assertThat(pod)
          .containsAllEntriesOf(
              second
                  .get(PodDisruptionBudget.class, "jobmanager")
                  .getSpec()
                  .getSelector()
                  .getMatchLabels());
    }
    assertThat(second.get(Deployment.class, "jobmanager").getSpec().getSelector().getMatchLabels())
        .isNotEqualTo(
            first.get(Deployment.class, "jobmanager").getSpec().getSelector().getMatchLabels());
  }

  private static boolean selects(Service service, Map<String, String> labels) {
    return labels.entrySet().containsAll(service.getSpec().getSelector().entrySet());
  }

  @Test
  void jobIsStartedWithWhatTheUpgradeHasFoundOut() throws IOException {
    Container jobManager = jobManager(next(beside().with("job.fromSavepoint", "s3://bucket/x")));
    assertThat(jobManager.getArgs())
        .contains("$(RESTORE)", "--generation=$(GENERATION)")
        .doesNotContain("--fromSavepoint");
    // Options of Flink come before the job's own.
    assertThat(jobManager.getArgs().indexOf("$(RESTORE)"))
        .isLessThan(jobManager.getArgs().indexOf("--bootstrap-servers=kafka:9092"));
    assertThat(
            jobManager.getEnv().stream()
                .filter(each -> List.of("RESTORE", "GENERATION").contains(each.getName()))
                .map(each -> each.getValueFrom().getConfigMapKeyRef())
                .collect(Collectors.toMap(each -> each.getKey(), each -> each.getName())))
        .isEqualTo(
            Map.of("argument", "shop-turnstile-r2-start", "generation", "shop-turnstile-r2-start"));
    assertThat(jobManager.getTerminationMessagePolicy()).isEqualTo("FallbackToLogsOnError");
  }

  @Test
  void upgradeKnowsItsClusterAndTheOneBefore() throws IOException {
    Manifests manifests = next(beside().with("job.fromSavepoint", "s3://bucket/x"));
    Job upgrade = manifests.get(Job.class, "r2-upgrade");
    assertThat(arguments(upgrade))
        .contains(
            "--namespace=payments",
            "--instance=shop",
            "--release=shop-turnstile",
            "--cluster=shop-turnstile-r2",
            "--job=" + jobId(manifests),
            "--previous-job=" + jobId(Chart.minimal().manifests()),
            "--lanes=4",
            "--from=s3://bucket/x",
            "--checkpoints=s3://bucket/turnstile/checkpoints",
            "--high-availability=s3://bucket/turnstile/ha",
            "--timeout=10m",
            "--room=120s",
            "--bootstrap-servers=kafka:9092")
        .doesNotContain("--suspended", "--remove");
    assertThat(manifests.flinkConfig())
        .containsEntry("execution.checkpointing.dir", "s3://bucket/turnstile/checkpoints")
        .containsEntry("high-availability.storageDir", "s3://bucket/turnstile/ha");
    assertThat(upgrade.getSpec().getPodFailurePolicy().getRules().get(0).getOnExitCodes())
        .satisfies(
            codes -> {
              assertThat(codes.getContainerName()).isEqualTo("upgrade");
              assertThat(codes.getValues()).containsExactly(1);
            });
  }

  @Test
  void suspendedReleaseHasNoPodsAndRemovesTheClusterThatRuns() throws IOException {
    Manifests suspended = next(beside().with("job.suspended", true));
    assertThat(suspended.all(Deployment.class))
        .allMatch(deployment -> deployment.getSpec().getReplicas() == 0);
    assertThat(arguments(suspended.get(Job.class, "r2-upgrade"))).contains("--suspended");
  }

  /** Also of a job that cannot take one. */
  @Test
  void savepointIsLeftToTheUpgradeItself() {
    assertThat(beside().manifests().find(Job.class, "savepoint")).isEmpty();
  }

  @Test
  void uninstallRemovesWhatHelmKeeps() {
    Manifests manifests = beside().manifests();
    Job remove = manifests.get(Job.class, "remove");
    assertThat(remove.getMetadata().getAnnotations())
        // The account that may do it is there until then.
        .containsEntry("helm.sh/hook", "pre-delete")
        .containsEntry("helm.sh/hook-delete-policy", "before-hook-creation,hook-succeeded");
    assertThat(arguments(remove)).contains("--remove").doesNotContain("--suspended");
  }

  @Test
  void accountOfTheUpgradeMayRemoveClustersAndNothingElse() {
    Manifests manifests = beside().manifests();
    Map<String, List<String>> verbs =
        manifests.get(Role.class, "upgrade").getRules().stream()
            .flatMap(
                rule -> rule.getResources().stream().map(kind -> Map.entry(kind, rule.getVerbs())))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    List<String> remove = List.of("list", "delete");
    assertThat(verbs)
        .isEqualTo(
            Map.of(
                "configmaps", List.of("create", "get", "list", "delete"),
                "pods", List.of("list"),
                "services", remove,
                "deployments", remove,
                "jobs", remove,
                "roles", remove,
                "rolebindings", remove));
    // Every kind that has the label, or a later upgrade would leave some of it.
    assertThat(
            clusters(manifests).stream()
                .map(each -> each.getKind().toLowerCase(Locale.ROOT) + "s")
                .distinct())
        .allSatisfy(kind -> assertThat(verbs.get(kind)).contains("list", "delete"));
    for (String job : List.of("r1-upgrade", "remove")) {
      assertThat(
              manifests
                  .get(Job.class, job)
                  .getSpec()
                  .getTemplate()
                  .getSpec()
                  .getServiceAccountName())
          .isEqualTo("shop-turnstile-upgrade");
    }
  }

  /** Kafka, the Kubernetes API and both JobManagers, whatever the policy of before said. */
  @Test
  void upgradeReachesWhatItNeeds() throws IOException {
    Manifests first = beside().manifests();
    Manifests second = next(beside().with("kafka.bootstrapServers", "kafka:19092"));
    PolicySimulation network = new PolicySimulation(first);
    Endpoint upgrade = endpoint(second.get(Job.class, "r2-upgrade").getSpec().getTemplate());
    assertThat(network.admits(upgrade, PolicySimulation.OUTSIDE, 19092)).isTrue();
    for (Manifests each : List.of(first, second)) {
      assertThat(network.admits(upgrade, endpoint(template(each, "jobmanager")), 8081)).isTrue();
    }
    // The clusters themselves stay apart from strangers only.
    assertThat(
            network.admits(
                endpoint(template(second, "taskmanager")),
                endpoint(template(second, "jobmanager")),
                6123))
        .isTrue();
  }

  private static Endpoint endpoint(PodTemplateSpec template) {
    return new Endpoint(Chart.NAMESPACE, template.getMetadata().getLabels());
  }

  @Test
  void nothingOfItIsThereByDefault() {
    Manifests manifests = Chart.minimal().manifests();
    assertThat(clusters(manifests)).isEmpty();
    assertThat(manifests.find(ServiceAccount.class, "upgrade")).isEmpty();
    assertThat(manifests.find(Job.class, "upgrade")).isEmpty();
    assertThat(manifests.find(Job.class, "remove")).isEmpty();
    assertThat(manifests.get(ConfigMap.class, "flink").getMetadata().getName())
        .isEqualTo("shop-turnstile-flink");
    assertThat(jobManager(manifests).getArgs()).noneMatch(each -> each.contains("generation"));
  }

  @ParameterizedTest
  @CsvSource({
    "mode, operator, mode=application",
    "highAvailability.enabled, false, highAvailability.enabled=true",
    "job.commit, checkpoint, job.commit=journal",
    "postgresql.url, jdbc:postgresql://db:5432/shop, verdicts in Kafka",
    "scheduling, reactive, scheduling=fixed",
    "job.options.generation, 3, no job.options.generation",
    "flink.config.execution\\.checkpointing\\.dir, file:///elsewhere, no execution.checkpointing.dir in flink.config",
    "flink.config.high-availability.storageDir, file:///elsewhere, no high-availability.storageDir in flink.config",
  })
  void whereItCannotWorkItIsRefused(String key, String value, String needed) {
    Chart chart =
        beside().with("networkPolicy.webFrom[0].podSelector.matchLabels.a", "b").with(key, value);
    assertThatThrownBy(chart::render).hasMessageContaining("upgrade.beside needs " + needed);
  }

  /** An upgrade that finds the account of upgrades if the values have it. */
  private static String upgrade(String template) {
    return template
        .replace(".Release.IsUpgrade", "true")
        .replace(
            "lookup \"v1\" \"ServiceAccount\" .Release.Namespace",
            "get (default dict .Values.global)");
  }

  @Test
  void switchingItOffWouldLeaveTwoJobsAndIsRefused() throws IOException {
    assertThat(edited(Chart.minimal(), UpgradeBesideChartTest::upgrade))
        .contains("kind: Deployment");
    assertThatThrownBy(
            () -> {
              Path copy = directory.resolve("again");
              Chart.copyWithHooks(copy, UpgradeBesideChartTest::upgrade);
              Chart.minimal().with(ACCOUNT, "there").renderWithHooks(copy);
            })
        .hasMessageContaining("upgrade.beside cannot be switched off by an upgrade");
  }

  /** It stops the job, as an upgrade does without it. */
  @Test
  void upgradeThatSwitchesItOnChecksTheOptionsFirst() throws IOException {
    Path copy = directory.resolve("on");
    Chart.copyWithHooks(copy, UpgradeBesideChartTest::upgrade);
    assertThat(beside().renderWithHooks(copy)).contains("/opt/turnstile/bin/check-options");
    assertThat(beside().with(ACCOUNT, "there").renderWithHooks(copy))
        .doesNotContain("/opt/turnstile/bin/check-options");
  }

  private static PodTemplateSpec template(Manifests manifests, String who) {
    return manifests.get(Deployment.class, who).getSpec().getTemplate();
  }

  private static Container jobManager(Manifests manifests) {
    return template(manifests, "jobmanager").getSpec().getContainers().get(0);
  }

  private static String jobId(Manifests manifests) {
    List<String> arguments = jobManager(manifests).getArgs();
    return arguments.get(arguments.indexOf("--job-id") + 1);
  }

  private static List<String> arguments(Job job) {
    return job.getSpec().getTemplate().getSpec().getContainers().get(0).getArgs();
  }
}
