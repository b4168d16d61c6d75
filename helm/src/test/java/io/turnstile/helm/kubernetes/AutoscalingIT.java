package io.turnstile.helm.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * TaskManagers counted by load: Kubernetes' own controller, with metrics that the test serves. A
 * cluster that has external metrics already is left alone.
 */
@Tag("kubernetes")
class AutoscalingIT {

  private static final String SERVICE = "v1beta1.external.metrics.k8s.io";
  private static final String CLASS = "io/turnstile/helm/kubernetes/MetricsApi.class";

  /** Transactions per second. */
  private static final int CALM = Integer.getInteger("kubernetes.calm-rate", 1_000);

  private static final int BUSY = Integer.getInteger("kubernetes.busy-rate", 8_000);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static Namespace namespace;
  private static Release release;
  private static Load load;
  private static boolean serves;

  @BeforeAll
  static void install() {
    namespace = Namespace.create("turnstile-scaling");
    assumeThat(namespace.tryKubectl("get", "apiservice", SERVICE).succeeded())
        .as("the cluster has external metrics")
        .isFalse();
    serveMetrics();
    setLoad(10, 0);
    release =
        new Release(
            namespace,
            List.of(
                "--values=" + Release.CHART.resolve("values-dev.yaml"),
                "--set=job.lanes=4",
                "--set=scheduling=reactive",
                "--set=taskManager.slots=1",
                "--set=autoscaling.enabled=true",
                "--set=autoscaling.by=load",
                "--set=autoscaling.maxReplicas=3",
                "--set=autoscaling.targetBacklog=1000",
                // One TaskManager alone would do what the test sends.
                "--set=autoscaling.targetBusyPercentage=40",
                // A job that has just been restarted is busy.
                "--set=autoscaling.scaleUpStabilizationSeconds=45",
                "--set=autoscaling.scaleDownStabilizationSeconds=30",
                // As soon as there are more slots.
                "--set-string=flink.config.jobmanager\\.adaptive-scheduler\\.executing\\.resource-stabilization-timeout=5s"));
    release.install();
    load =
        Load.start(
            namespace,
            "turnstile-kafka:9092",
            release.read("/opt/turnstile/state/keys/signing-key.json"));
  }

  private static void serveMetrics() {
    namespace.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: metrics
          labels: {app: metrics}
        spec:
          automountServiceAccountToken: false
          terminationGracePeriodSeconds: 0
          securityContext:
            runAsNonRoot: true
            runAsUser: 9999
            seccompProfile: {type: RuntimeDefault}
          containers:
            - name: metrics
              image: %s
              command:
                - bash
                - -c
                - |
                  cd /scratch
                  mkdir values
                  keytool -genkeypair -alias metrics -keyalg RSA -dname CN=metrics -storetype PKCS12 \
                    -keystore keys.p12 -storepass %s
                  until [[ -e classes/%s ]]; do sleep 1; done
                  exec java -Xmx64m -cp classes %s keys.p12 values
              readinessProbe:
                tcpSocket: {port: %d}
                periodSeconds: 2
              resources:
                requests: {cpu: 50m, memory: 256Mi}
                limits: {memory: 256Mi}
              securityContext:
                allowPrivilegeEscalation: false
                capabilities: {drop: [ALL]}
              volumeMounts:
                - {name: scratch, mountPath: /scratch}
          volumes:
            - name: scratch
              emptyDir: {}
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: metrics
        spec:
          selector: {app: metrics}
          ports:
            - port: %<d
        """
            .formatted(
                Release.IMAGE,
                MetricsApi.PASSWORD,
                CLASS,
                MetricsApi.class.getName(),
                MetricsApi.PORT));
    namespace.kubectl(
        "wait", "pod/metrics", "--for=jsonpath={.status.phase}=Running", "--timeout=3m");
    namespace.copyClass(MetricsApi.class, "metrics");
    namespace.kubectl("wait", "pod/metrics", "--for=condition=Ready", "--timeout=3m");
    serves = true;
    namespace.apply(
        """
        apiVersion: apiregistration.k8s.io/v1
        kind: APIService
        metadata:
          name: %s
        spec:
          group: external.metrics.k8s.io
          version: v1beta1
          groupPriorityMinimum: 100
          versionPriority: 100
          insecureSkipTLSVerify: true
          service: {namespace: %s, name: metrics, port: %d}
        """
            .formatted(SERVICE, namespace.name(), MetricsApi.PORT));
    namespace.kubectl("wait", "apiservice/" + SERVICE, "--for=condition=Available", "--timeout=2m");
  }

  private static void inMetrics(String script) {
    namespace.kubectl("exec", "metrics", "--", "bash", "-c", script);
  }

  private static void setLoad(int busyPercent, int pendingRecords) {
    inMetrics(
        "echo %d >/scratch/values/turnstile_busy_percent; echo %d >/scratch/values/turnstile_pending_records"
            .formatted(busyPercent, pendingRecords));
  }

  @AfterAll
  static void leaveNothing() {
    if (serves) {
      namespace.kubectl("delete", "apiservice", SERVICE);
    }
    if (namespace != null) {
      namespace.close();
    }
  }

  @Test
  void taskManagersFollowTheLoadAndEveryVerdictIsRight() {
    load.begin();
    awaitTaskManagers(1);
    setLoad(10, 3_000);
    awaitTaskManagers(3);
    load.awaitMore();
    // A job that restarts reports nothing: that is no reason to take TaskManagers away.
    inMetrics("rm /scratch/values/*");
    await()
        .during(Duration.ofSeconds(60))
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofSeconds(5))
        .until(() -> release.pods("taskmanager").size() == 3);
    setLoad(10, 0);
    awaitTaskManagers(1);
    load.endAndAudit();
  }

  /** The controller gets what Flink measures. */
  @Test
  void taskManagersFollowARealLoadUpAndDown() {
    load.begin();
    load.setRate(CALM);
    awaitMeasured(count -> count == 1);
    for (int rate : new int[] {BUSY, CALM}) {
      load.setRate(rate);
      load.watchSilence();
      awaitMeasured(rate == BUSY ? count -> count > 1 : count -> count == 1);
      load.awaitVerdicts();
      System.out.printf(
          "%d/s, TaskManagers: %d, longest time without a verdict %.1f s%n",
          rate, release.pods("taskmanager").size(), load.longestSilence().toMillis() / 1e3);
    }
    load.endAndAudit();
  }

  private static void awaitMeasured(IntPredicate expected) {
    await()
        .atMost(PATIENCE.multipliedBy(2))
        .pollInterval(Duration.ofSeconds(5))
        .untilAsserted(
            () -> {
              serveMeasuredLoad();
              int count = release.pods("taskmanager").size();
              assertThat(expected.test(count)).as("%d TaskManagers", count).isTrue();
              assertUsed(count);
            });
  }

  /** As the rules for Prometheus make it of the same metrics; nothing while Flink has none. */
  private static void serveMeasuredLoad() throws IOException {
    double busy = 0;
    double pending = Double.NaN;
    for (JsonNode job : load.flink("/jobs").path("jobs")) {
      String path = "/jobs/" + job.path("id").asText();
      for (JsonNode vertex : load.flink(path).path("vertices")) {
        String metrics = path + "/vertices/" + vertex.path("id").asText() + "/subtasks/metrics";
        busy = Math.max(busy, metric(metrics, "busyTimeMsPerSecond", "avg") / 10);
        if (vertex.path("name").asText().startsWith("Source: transactions")) {
          pending = metric(metrics, "Source__transactions.pendingRecords", "sum");
        }
      }
    }
    if (Double.isNaN(busy) || Double.isNaN(pending)) {
      inMetrics("rm -f /scratch/values/*");
    } else {
      setLoad((int) busy, (int) pending);
    }
  }

  private static double metric(String path, String name, String aggregate) throws IOException {
    return load.flink(path + "?get=" + name + "&agg=" + aggregate)
        .path(0)
        .path(aggregate)
        .asDouble(Double.NaN);
  }

  /** They run, and the job uses every one. */
  private static void awaitTaskManagers(int count) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(2))
        .untilAsserted(
            () -> {
              assertThat(release.pods("taskmanager")).hasSize(count);
              assertUsed(count);
            });
  }

  private static void assertUsed(int slots) throws IOException {
    JsonNode overview = load.flink("/overview");
    assertThat(overview.path("slots-total").asInt()).as(overview.toString()).isEqualTo(slots);
    assertThat(overview.path("slots-available").asInt(-1)).as(overview.toString()).isZero();
  }
}
