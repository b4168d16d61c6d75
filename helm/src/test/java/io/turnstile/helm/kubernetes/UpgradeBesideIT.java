package io.turnstile.helm.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code upgrade.beside} with {@code values-dev.yaml}; the node needs room for the pods of both
 * revisions. Transactions are sent through every test, and audited after it.
 */
@Tag("kubernetes")
class UpgradeBesideIT {

  private static final String[] KINDS = {
    "deployments", "services", "configmaps", "roles", "rolebindings", "jobs"
  };

  private static Namespace namespace;
  private static Release release;
  private static Load load;

  @BeforeAll
  static void install() {
    namespace = Namespace.create("turnstile-beside");
    release =
        new Release(
            namespace,
            List.of(
                "--values=" + Release.CHART.resolve("values-dev.yaml"),
                "--set=upgrade.beside=true",
                "--set=upgrade.roomSeconds=20",
                "--wait-for-jobs"));
    release.install();
    load =
        Load.start(
            namespace,
            "turnstile-kafka:9092",
            release.read("/opt/turnstile/state/keys/signing-key.json"));
  }

  @AfterAll
  static void leaveNothing() {
    if (namespace != null) {
      namespace.close();
    }
  }

  @BeforeEach
  void send() {
    release.awaitCheckpoint();
    load.begin();
    load.watchSilence();
    load.awaitMore();
  }

  @AfterEach
  void everyVerdictIsThereOnceAndRight() {
    load.endAndAudit();
  }

  /** Names of what the clusters of all revisions have left, Flink's own config maps included. */
  private static List<String> clusters() {
    List<String> names = new ArrayList<>();
    for (String kind : KINDS) {
      namespace
          .get(kind)
          .path("items")
          .forEach(
              object -> {
                String name = object.at("/metadata/name").asText();
                if (name.matches("turnstile-r\\d+-.*")) {
                  names.add(kind + "/" + name);
                }
              });
    }
    return names;
  }

  private static void onlyClusterIs(int revision) {
    assertThat(clusters())
        .isNotEmpty()
        .allMatch(name -> name.contains("/turnstile-r" + revision + "-"));
    assertThat(release.pods("jobmanager")).hasSize(1);
    assertThat(release.pods("taskmanager")).hasSize(1);
  }

  private static String said(int revision) {
    return namespace.kubectl("logs", "job/turnstile-r" + revision + "-upgrade");
  }

  private static void print(String what) {
    load.awaitVerdicts();
    System.out.printf(
        "%s: longest time without a verdict %.1f s%n",
        what, load.longestSilence().toMillis() / 1e3);
  }

  @Test
  void nextReleaseTakesOverWithoutAStop() {
    release.upgrade("--set=job.options.dedup-window=2h");
    load.awaitMore();

    int revision = release.revision();
    print("upgrade beside");
    assertThat(said(revision))
        .contains("Taking a savepoint", "has taken over", "Removed: ")
        .doesNotContain("no verdicts come until");
    assertThat(release.jobArguments()).contains("--dedup-window=2h");
    onlyClusterIs(revision);
    assertThat(release.check()).doesNotContainPattern("(?m)^FAIL");
  }

  /** Helm's rollback brings back names of an earlier revision, whose job is a new generation. */
  @Test
  void rollbackTakesOverWithoutAStopToo() {
    int before = release.revision();
    release.upgrade("--set=job.options.dedup-window=2h");
    load.watchSilence();

    release.rollback(before);
    namespace.kubectl(
        "wait",
        "job/turnstile-r" + before + "-upgrade",
        "--for=condition=Complete",
        "--timeout=8m");
    load.awaitMore();

    print("rollback beside");
    assertThat(said(before)).contains("has taken over").doesNotContain("no verdicts come until");
    assertThat(release.jobArguments()).doesNotContain("--dedup-window=2h");
    onlyClusterIs(before);
    // So that names and revisions agree again for the tests that follow.
    release.upgrade();
  }

  @Test
  void jobThatIsRefusedIsRemovedAndTheOldOneGoesOn() {
    List<String> masters = release.ids("jobmanager");
    Command refused = release.tryUpgrade("--set=job.options.checkpoint-interval=1ms");
    assertThat(refused.succeeded()).isFalse();
    int revision = release.revision();
    namespace.kubectl(
        "wait",
        "job/turnstile-r" + revision + "-upgrade",
        "--for=condition=Failed",
        "--timeout=8m");
    load.awaitMore();

    print("refused upgrade beside");
    assertThat(said(revision)).contains("--checkpoint-interval must be at least");
    assertThat(release.ids("jobmanager")).isEqualTo(masters);
    release.upgrade();
    onlyClusterIs(release.revision());
  }

  /** Two TaskManagers are too large for the only node: there is room when the old one has gone. */
  @Test
  void withoutRoomTheOldPodsGoFirst() {
    JsonNode nodes = namespace.get("nodes").path("items");
    assumeThat(nodes).as("nodes").hasSize(1);
    String large =
        "--set-string=taskManager.cpuRequest=%dm"
            .formatted(milliCpus(nodes.path(0).at("/status/allocatable/cpu").asText()) * 51 / 100);
    release.upgrade(large);
    load.watchSilence();
    release.upgrade(large);
    load.awaitMore();

    int revision = release.revision();
    print("upgrade without room");
    assertThat(said(revision)).contains("No room beside the old pods", "no verdicts come until");
    onlyClusterIs(revision);
    release.upgrade();
  }

  private static int milliCpus(String quantity) {
    return quantity.endsWith("m")
        ? Integer.parseInt(quantity.substring(0, quantity.length() - 1))
        : Integer.parseInt(quantity) * 1_000;
  }

  @Test
  void suspendedReleaseGoesOnFromTheNewestCheckpoint() {
    release.upgrade("--set=job.suspended=true");
    assertThat(release.pods("jobmanager")).isEmpty();
    assertThat(release.pods("taskmanager")).isEmpty();
    load.awaitMore();
    release.upgrade();
    int revision = release.revision();
    assertThat(said(revision)).contains("/checkpoints/");
    onlyClusterIs(revision);
  }

  @Test
  void uninstallLeavesNoClusterAndTheNextInstallationGoesOn() {
    load.endAndAudit();
    release.uninstall();
    assertThat(clusters()).isEmpty();
    assertThat(release.pods("jobmanager")).isEmpty();
    assertThat(release.pods("taskmanager")).isEmpty();
    assertThat(namespace.get("jobs").path("items").findValuesAsText("name"))
        .doesNotContain("turnstile-remove");

    release.install();
    assertThat(said(1)).contains("/checkpoints/");
    load.begin();
  }

  @Test
  void deletedJobManagerContinuesFromTheNewestCheckpoint() {
    release.deletePods("jobmanager");
    assertThat(release.jobManagerLog()).containsPattern("Restoring job .* from Checkpoint");
  }

  @Test
  void switchingItOffIsRefused() {
    Command refused = release.tryUpgrade("--set=upgrade.beside=false");
    assertThat(refused.succeeded()).isFalse();
    assertThat(refused.errors()).contains("cannot be switched off by an upgrade");
  }
}
