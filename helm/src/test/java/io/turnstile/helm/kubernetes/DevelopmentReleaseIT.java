package io.turnstile.helm.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code values-dev.yaml} as it is. Transactions are sent through every test, and audited after it.
 */
@Tag("kubernetes")
class DevelopmentReleaseIT {

  private static final String KEY = "/opt/turnstile/state/keys/signing-key.json";

  private static Namespace namespace;
  private static Release release;
  private static Load load;

  @BeforeAll
  static void install() {
    namespace = Namespace.create("turnstile-dev");
    release =
        new Release(namespace, List.of("--values=" + Release.CHART.resolve("values-dev.yaml")));
    release.install();
    load = Load.start(namespace, "turnstile-kafka:9092", release.read(KEY));
  }

  @AfterAll
  static void leaveNothing() {
    if (namespace != null) {
      try {
        onlyWhatTheReadmeNamesIsLeft();
      } finally {
        namespace.close();
      }
    }
  }

  /** The claims, which the namespace takes with it. */
  private static void onlyWhatTheReadmeNamesIsLeft() {
    release.uninstall();
    namespace.kubectl("delete", "configmap", "-l", "app=turnstile,type=flink-native-kubernetes");
    namespace.kubectl(
        "delete", "job", "--ignore-not-found", "turnstile-options", "turnstile-savepoint");
    namespace.kubectl("delete", "pod", "--ignore-not-found", "turnstile-check");
    // Pods end a little later than what they are of.
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(
            () ->
                assertThat(
                        namespace
                            .kubectl(
                                "get",
                                "all,configmap,secret,serviceaccount,role,rolebinding,networkpolicy,pvc",
                                "--output=name")
                            .lines()
                            .filter(name -> name.contains("turnstile")))
                    .containsExactlyInAnyOrder(
                        "persistentvolumeclaim/turnstile-state",
                        "persistentvolumeclaim/data-turnstile-kafka-0"));
  }

  @BeforeEach
  void send() {
    release.awaitCheckpoint();
    load.begin();
  }

  @AfterEach
  void everyVerdictIsThereOnceAndRight() {
    load.endAndAudit();
  }

  @Test
  void checkOfTheReleasePasses() {
    assertThat(release.check())
        .contains("PASS  canary accepted", "PASS  expired token rejected")
        // NOTES are there too, with the word.
        .doesNotContainPattern("(?m)^FAIL");
  }

  @Test
  void deletedJobManagerContinuesFromTheNewestCheckpoint() {
    List<String> workers = release.ids("taskmanager");
    String plans = "/opt/turnstile/state/ha/" + namespace.name() + "/turnstile";
    release.inJobManager("touch -d '2 hours ago' " + plans + "/submittedExecutionPlanOld");
    release.deletePods("jobmanager");
    assertThat(release.inJobManager("ls " + plans))
        .contains("submittedExecutionPlan")
        .doesNotContain("submittedExecutionPlanOld");
    assertThat(release.jobManagerLog()).containsPattern("Restoring job .* from Checkpoint");
    assertThat(release.ids("taskmanager")).isEqualTo(workers);
  }

  @Test
  void deletedTaskManagerIsReplaced() {
    List<String> masters = release.ids("jobmanager");
    release.deletePods("taskmanager");
    assertThat(release.ids("jobmanager")).isEqualTo(masters);
  }

  /** Nobody becomes leader meanwhile, and no pod is made. */
  @Test
  void apiServerThatIsAwayForHalfAMinuteCostsNothing() {
    String stop = System.getProperty("kubernetes.stop-api-server");
    String start = System.getProperty("kubernetes.start-api-server");
    assumeThat(stop).as("a command given by -Dkubernetes.stop-api-server").isNotNull();
    assumeThat(start).as("a command given by -Dkubernetes.start-api-server").isNotNull();
    Command.run(List.of("bash", "-c", stop)).orFail();
    try {
      assertThat(answers()).as("the API server, stopped").isFalse();
      await().pollDelay(Duration.ofSeconds(30)).atMost(Duration.ofMinutes(1)).until(() -> true);
    } finally {
      Command.run(List.of("bash", "-c", start)).orFail();
    }
    await().atMost(Duration.ofMinutes(1)).until(DevelopmentReleaseIT::answers);
    release.awaitReady();
    load.awaitMore();
  }

  private static boolean answers() {
    return namespace.tryKubectl("get", "pods", "--request-timeout=2s").succeeded();
  }

  @Test
  void drainedNodeGivesItsPodsUpAndTheyComeBack() {
    JsonNode master = release.pods("jobmanager").get(0);
    String node = master.at("/spec/nodeName").asText();
    try {
      namespace.kubectl(
          "drain",
          node,
          "--pod-selector=app.kubernetes.io/instance=turnstile,app.kubernetes.io/component in (jobmanager,taskmanager)",
          "--delete-emptydir-data",
          "--timeout=3m");
    } finally {
      namespace.kubectl("uncordon", node);
    }
    release.awaitReady();
    assertThat(release.ids("jobmanager")).doesNotContain(master.at("/metadata/uid").asText());
  }

  @Test
  void upgradeWithAnotherOptionIsRolledBack() {
    int before = release.revision();
    List<String> workers = release.ids("taskmanager");
    release.upgrade("--set=job.options.dedup-window=2h");
    assertThat(release.jobArguments()).contains("--dedup-window=2h");
    assertThat(namespace.kubectl("logs", "job/turnstile-savepoint"))
        .contains("/opt/turnstile/state/savepoints/savepoint-");
    load.awaitMore();
    release.rollback(before);
    assertThat(release.jobArguments()).doesNotContain("--dedup-window=2h");
    assertThat(release.ids("taskmanager")).isEqualTo(workers);
  }

  @Test
  void upgradeToAnotherImageReplacesAllPods() {
    String next = System.getProperty("kubernetes.next-image");
    assumeThat(next).as("an image given by -Dkubernetes.next-image").isNotNull();
    int before = release.revision();
    release.upgrade(Release.image(next).toArray(String[]::new));
    for (String component : List.of("jobmanager", "taskmanager")) {
      assertThat(release.pods(component))
          .isNotEmpty()
          .allSatisfy(
              pod -> assertThat(pod.at("/spec/containers/0/image").asText()).isEqualTo(next));
    }
    load.awaitMore();
    release.rollback(before);
  }

  @Test
  void misspelledOptionIsRefusedAndTheJobGoesOn() {
    List<String> masters = release.ids("jobmanager");
    Command refused = release.tryUpgrade("--set=job.options.dedup-windw=2h");
    assertThat(refused.succeeded()).isFalse();
    assertThat(refused.errors()).contains("dedup-windw");
    assertThat(release.ids("jobmanager")).isEqualTo(masters);
  }

  @Test
  void optionThatOnlyTheJobCanRefuseIsRefusedAndTheJobGoesOn() {
    List<String> masters = release.ids("jobmanager");
    assertThat(release.tryUpgrade("--set=job.options.checkpoint-interval=1ms").succeeded())
        .isFalse();
    assertThat(namespace.kubectl("logs", "job/turnstile-options"))
        .contains("--checkpoint-interval must be at least");
    assertThat(release.ids("jobmanager")).isEqualTo(masters);
    release.upgrade();
  }

  @Test
  void proxyAndPrivateAuthorityLeaveTheWayToKubernetesOpen() {
    // Nobody answers at this proxy; every namespace has the authority.
    release.upgrade(
        "--set=certificates.configMapName=kube-root-ca.crt",
        "--set=proxy.url=http://192.0.2.1:3128");
    assertThat(namespace.kubectl("logs", "deployment/turnstile-jobmanager", "--container=trust"))
        .containsPattern("besides the usual ones: [1-9]");
    load.awaitMore();
    release.upgrade();
  }

  @Test
  void suspendedReleaseGoesOnFromTheNewestCheckpoint() {
    release.upgrade("--set=job.suspended=true");
    assertThat(release.pods("jobmanager")).isEmpty();
    assertThat(release.pods("taskmanager")).isEmpty();
    load.awaitMore();
    release.upgrade("--set=upgrade.savepoint=false");
    assertThat(release.jobManagerLog()).containsPattern("Restoring job .* from Checkpoint");
  }

  @Test
  void autoscalingLeavesThePodsThatRun() {
    release.upgrade(
        "--set=scheduling=reactive", "--set=taskManager.slots=1", "--set=taskManager.replicas=2");
    List<String> workers = release.ids("taskmanager");
    assertThat(workers).hasSize(2);
    // One replica again, as who leaves it to the autoscaler may have it.
    release.upgrade(
        "--set=scheduling=reactive",
        "--set=taskManager.slots=1",
        "--set=autoscaling.enabled=true",
        "--set=autoscaling.maxReplicas=2");
    assertThat(release.ids("taskmanager")).containsExactlyInAnyOrderElementsOf(workers);
    assertThat(
            namespace
                .get("horizontalpodautoscaler", "turnstile-taskmanager")
                .at("/spec/scaleTargetRef/name")
                .asText())
        .isEqualTo("turnstile-taskmanager");
    release.upgrade();
  }

  /** All but the broker, which loses its pod and keeps its topics. */
  @Test
  void releaseInstalledAgainGoesOnFromTheNewestCheckpoint() {
    load.endAndAudit();
    release.uninstall();
    release.install();
    assertThat(release.jobManagerLog()).containsPattern("Restoring job .* from Checkpoint");
    load.begin();
  }

  /** Where the cluster enforces network policies, which is tried first. */
  @Test
  void strangerReachesNeitherTheWebUiNorTheBroker() {
    for (String pod : List.of("free", "shut-off")) {
      namespace.apply(stranger(pod));
      namespace.kubectl("wait", "pod/" + pod, "--for=condition=Ready", "--timeout=3m");
    }
    namespace.apply(
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: shut-off
        spec:
          podSelector: {matchLabels: {stranger: shut-off}}
          policyTypes: [Egress]
        """);
    String api = "$KUBERNETES_SERVICE_HOST/443";
    try {
      assertThat(reaches("free", api)).as("the Kubernetes API").isTrue();
      assumeThat(reaches("shut-off", api)).as("policies are not enforced").isFalse();
      for (String target : List.of("turnstile-rest/8081", "turnstile-kafka/9092")) {
        assertThat(reaches("free", target)).as(target).isFalse();
        assertThat(load.tryRun(connect(target)).succeeded()).as(target).isTrue();
      }
    } finally {
      namespace.kubectl("delete", "pod/free", "pod/shut-off", "networkpolicy/shut-off");
    }
  }

  private static boolean reaches(String pod, String target) {
    return namespace.tryKubectl("exec", pod, "--", "bash", "-c", connect(target)).succeeded();
  }

  /**
   * @param target host and port, with a slash between them
   */
  private static String connect(String target) {
    return "timeout 5 bash -c 'exec 3<>/dev/tcp/%s'".formatted(target);
  }

  private static String stranger(String name) {
    return """
        apiVersion: v1
        kind: Pod
        metadata:
          name: %s
          labels: {stranger: %<s}
        spec:
          automountServiceAccountToken: false
          terminationGracePeriodSeconds: 0
          securityContext:
            runAsNonRoot: true
            runAsUser: 9999
            seccompProfile: {type: RuntimeDefault}
          containers:
            - name: stranger
              image: %s
              command: [sleep, infinity]
              resources:
                requests: {cpu: 10m, memory: 32Mi}
                limits: {memory: 64Mi}
              securityContext:
                allowPrivilegeEscalation: false
                capabilities: {drop: [ALL]}
        """
        .formatted(name, Release.IMAGE);
  }
}
