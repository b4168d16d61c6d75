package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.Generation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An upgrade from the first to the second revision, between fakes. */
class UpgradeBesideTest {

  private static final String OLD = "shop-r1";
  private static final String NEW = "shop-r2";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** For what never happens. */
  private static final Duration SHORT = Duration.ofMillis(300);

  @TempDir private Path directory;
  private final Map<String, FakeFlink> flinks = new HashMap<>();
  private final List<String> progress = new ArrayList<>();
  private FakeKubernetes kubernetes;
  private Map<Integer, Generation> owners =
      Map.of(0, new Generation(4, "old"), 1, new Generation(4, "old"));
  private Optional<String> from = Optional.empty();
  private Duration takeOver = PATIENCE;
  private Duration room = PATIENCE;
  private Duration savepoint = Duration.ZERO;
  private int readings;

  /** What happens at each reading of the owners but the first; null is nothing. */
  private Runnable later;

  /** A Flink with one job. */
  private static final class FakeFlink implements UpgradeBeside.Flink {
    private final String job;
    private String end;
    private boolean takesSavepoints = true;

    FakeFlink(String job) {
      this.job = job;
    }

    @Override
    public Set<String> running() {
      return end == null ? Set.of(job) : Set.of();
    }

    @Override
    public Optional<String> end(String ofJob) {
      return Optional.ofNullable(end);
    }

    @Override
    public String savepoint(String ofJob) {
      if (!takesSavepoints) {
        // Nobody is there.
        return new FlinkRest(URI.create("http://localhost:1")).savepoint(ofJob, SHORT);
      }
      return "s3://bucket/savepoint-of-" + ofJob;
    }
  }

  @BeforeEach
  void begin() throws IOException {
    kubernetes = new FakeKubernetes();
    cluster(OLD);
    kubernetes
        .add("configmaps", OLD + "-start", labels(OLD))
        .putObject("data")
        .put("generation", "4");
    cluster(NEW);
    flinks.put(OLD, new FakeFlink("old"));
    flinks.put(NEW, new FakeFlink("new"));
    kubernetes.add("services", "shop-rest", Map.of("app.kubernetes.io/instance", "shop"));
    later = this::newJobTakesOver;
  }

  private void cluster(String name) throws IOException {
    for (String kind : List.of("services", "roles", "rolebindings", "jobs")) {
      kubernetes.add(kind, name, labels(name));
    }
    kubernetes.add("configmaps", name + "-flink", labels(name));
    kubernetes.add(
        "configmaps",
        name + "-cluster-config-map",
        Map.of("app", name, "type", "flink-native-kubernetes"));
    Map<String, String> jobManager = new HashMap<>(labels(name));
    jobManager.put("app.kubernetes.io/component", "jobmanager");
    kubernetes.add("deployments", name + "-jobmanager", jobManager);
    pod(name, jobManager, "Ready", "True", "");
    Files.createDirectories(directory.resolve("ha/payments/" + name));
  }

  private static Map<String, String> labels(String cluster) {
    return Map.of("app.kubernetes.io/instance", "shop", "turnstile/cluster", cluster);
  }

  private ObjectNode pod(
      String cluster, Map<String, String> labels, String condition, String value, String reason) {
    ObjectNode pod = kubernetes.add("pods", cluster + "-jobmanager", labels);
    pod.putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", condition)
        .put("status", value)
        .put("reason", reason)
        .put("message", "0/3 nodes are available");
    return pod;
  }

  private ObjectNode newPod(String condition, String value, String reason) {
    Map<String, String> labels = new HashMap<>(labels(NEW));
    labels.put("app.kubernetes.io/component", "jobmanager");
    return pod(NEW, labels, condition, value, reason);
  }

  @AfterEach
  void end() {
    kubernetes.close();
  }

  private void newJobTakesOver() {
    long number = kubernetes.object("configmaps/" + NEW + "-start").at("/data/generation").asLong();
    owners = Map.of(0, new Generation(number, "new"), 1, new Generation(number, "new"));
  }

  private Map<Integer, Generation> readOwners() {
    readings++;
    if (readings > 2 && later != null) {
      later.run();
    }
    return owners;
  }

  private UpgradeBeside upgrade(boolean suspended, Supplier<Map<Integer, Generation>> reader) {
    Duration interval = Duration.ofMillis(10);
    return new UpgradeBeside(
        new UpgradeBeside.Target("shop", NEW, "new", 2, 1, "before", from, suspended),
        new Clusters(kubernetes.api(), "payments", "shop", "shop", interval),
        new ClusterFiles("payments", uri("checkpoints"), uri("ha")),
        reader,
        flinks::get,
        new UpgradeBeside.Limits(takeOver, savepoint, room, interval),
        progress::add);
  }

  private String uri(String name) {
    return directory.resolve(name).toUri().toString().replaceFirst("/$", "");
  }

  private void run() throws Exception {
    upgrade(false, this::readOwners).run();
  }

  private String start(String key) {
    return kubernetes.object("configmaps/" + NEW + "-start").at("/data/" + key).asText();
  }

  private void onlyNewIsLeft() {
    assertThat(kubernetes.names())
        .noneMatch(name -> name.contains(OLD))
        .contains("services/shop-rest", "deployments/" + NEW + "-jobmanager", "jobs/" + NEW)
        .contains("configmaps/" + NEW + "-cluster-config-map", "rolebindings/" + NEW);
    assertThat(directory.resolve("ha/payments/" + OLD)).doesNotExist();
    assertThat(directory.resolve("ha/payments/" + NEW)).exists();
  }

  private void onlyOldIsLeft() {
    assertThat(kubernetes.names())
        .noneMatch(name -> name.matches("(pods|deployments)/" + NEW + ".*"))
        .doesNotContain("configmaps/" + NEW + "-start")
        // An uninstall mounts it; and the log stays.
        .contains("configmaps/" + NEW + "-flink", "jobs/" + NEW)
        .contains("deployments/" + OLD + "-jobmanager", "configmaps/" + OLD + "-start");
    assertThat(directory.resolve("ha/payments/" + OLD)).exists();
  }

  @Test
  void newJobStartsFromASavepointAndTheOldClusterGoesWhenItHasTakenOver() throws Exception {
    run();

    assertThat(start("argument")).isEqualTo("--fromSavepoint=s3://bucket/savepoint-of-old");
    assertThat(start("generation")).isEqualTo("5");
    onlyNewIsLeft();
  }

  private void oldClusterIsGone() throws Exception {
    Clusters clusters = new Clusters(kubernetes.api(), "payments", "shop", "shop", SHORT);
    clusters.end(Set.of(OLD));
    clusters.remove(Set.of(OLD));
  }

  private void known(int generation, String argument) {
    kubernetes
        .add("configmaps", NEW + "-start", labels(NEW))
        .putObject("data")
        .put("generation", Integer.toString(generation))
        .put("argument", argument);
  }

  @Test
  void whatItStartsFromIsDecidedOnce() throws Exception {
    known(5, "--fromSavepoint=x");
    owners = Map.of(0, new Generation(5, "new"), 1, new Generation(5, "new"));

    run();

    assertThat(start("argument")).isEqualTo("--fromSavepoint=x");
    onlyNewIsLeft();
  }

  @Test
  void oldJobThatTakesNoSavepointHasItsNewestCheckpoint() throws Exception {
    flinks.get(OLD).takesSavepoints = false;
    String checkpoint = checkpoint("old", 7);

    run();

    assertThat(start("argument")).isEqualTo("--fromSavepoint=" + checkpoint);
  }

  private String checkpoint(String job, int number) throws IOException {
    Path checkpoint = directory.resolve("checkpoints/" + job + "/chk-" + number);
    Files.createDirectories(checkpoint);
    Files.writeString(checkpoint.resolve("_metadata"), "x");
    return new org.apache.flink.core.fs.Path(uri("checkpoints/" + job + "/chk-" + number))
        .toString();
  }

  /** As after a suspension, or where the release is installed again. */
  @Test
  void oldJobThatDoesNotRunHasItsNewestCheckpoint() throws Exception {
    oldClusterIsGone();
    String checkpoint = checkpoint("old", 7);

    run();

    assertThat(start("argument")).isEqualTo("--fromSavepoint=" + checkpoint);
    assertThat(start("generation")).isEqualTo("5");
  }

  @Test
  void ownerWithoutStateIsNotPassedOver() throws Exception {
    flinks.get(OLD).end = "FAILED";
    takeOver = SHORT;

    assertThatThrownBy(this::run)
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("generation 4 (job old) owns the lanes")
        .hasMessageContaining("job.fromSavepoint");
    assertThat(kubernetes.names()).doesNotContain("configmaps/" + NEW + "-start");
  }

  @Test
  void firstInstallationStartsFromNothing() throws Exception {
    oldClusterIsGone();
    owners = Map.of();

    run();

    assertThat(start("argument")).isEqualTo(StartingState.NOTHING);
    assertThat(start("generation")).isEqualTo("1");
  }

  @Test
  void firstOfSeveralClustersStartsFromTheCheckpointOfTheOnlyOneBefore() throws Exception {
    oldClusterIsGone();
    kubernetes.add(
        "configmaps",
        "shop-cluster-config-map",
        Map.of("app", "shop", "type", "flink-native-kubernetes"));
    Files.createDirectories(directory.resolve("ha/payments/shop"));
    owners = Map.of();
    String checkpoint = checkpoint("before", 3);

    run();

    assertThat(start("argument")).isEqualTo("--fromSavepoint=" + checkpoint);
    assertThat(kubernetes.names()).doesNotContain("configmaps/shop-cluster-config-map");
    assertThat(directory.resolve("ha/payments/shop")).doesNotExist();
  }

  @Test
  void givenStateTakesPrecedence() throws Exception {
    from = Optional.of("s3://bucket/older");
    run();
    assertThat(start("argument")).isEqualTo("--fromSavepoint=s3://bucket/older");
  }

  @Test
  void numberIsAboveThatOfAnUpgradeThatHasNotTakenOver() throws Exception {
    cluster("shop-r10");
    kubernetes
        .add("configmaps", "shop-r10-start", labels("shop-r10"))
        .putObject("data")
        .put("generation", "8");
    flinks.put("shop-r10", new FakeFlink("other"));

    run();

    assertThat(start("generation")).isEqualTo("9");
    assertThat(kubernetes.names()).noneMatch(name -> name.contains("shop-r10"));
    onlyNewIsLeft();
  }

  @Test
  void brokerThatIsAwayIsWaitedFor() throws Exception {
    List<String> away = new ArrayList<>(List.of("once", "twice"));
    upgrade(
            false,
            () -> {
              if (!away.isEmpty()) {
                away.remove(0);
                throw new TimeoutException("no brokers");
              }
              return readOwners();
            })
        .run();
    assertThat(progress).containsOnlyOnce("no brokers");
    onlyNewIsLeft();
  }

  @Test
  void jobThatDoesNotTakeOverIsRemoved() {
    takeOver = SHORT;
    later = null;
    assertThatThrownBy(this::run)
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("shop-r2 has not taken over")
        .hasMessageEndingWith("its pods are removed, and the old job goes on");
    onlyOldIsLeft();
  }

  @Test
  void jobThatIsRefusedIsRemovedAtOnceWithItsReason() {
    later = null;
    jobThatEnds();
    assertThatThrownBy(this::run)
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("--dedup-window must be positive");
    onlyOldIsLeft();
  }

  private void jobThatEnds() {
    newPod("Ready", "False", "")
        .withObject("/status")
        .putArray("containerStatuses")
        .addObject()
        .put("name", "jobmanager")
        .put("restartCount", 3)
        .putObject("lastState")
        .putObject("terminated")
        .put("message", "--dedup-window must be positive");
  }

  /** As at a first installation whose brokers come later. */
  @Test
  void onlyJobMayRestartUntilItCan() throws Exception {
    jobThatEnds();
    flinks.get(OLD).end = "FAILED";
    from = Optional.of("s3://bucket/older");
    run();
    onlyNewIsLeft();
  }

  @Test
  void jobThatFailsIsRemovedWithItsReason() {
    later = null;
    newPod("PodScheduled", "True", "");
    flinks.get(NEW).end = "FAILED: the state cannot be read";
    assertThatThrownBy(this::run)
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("the state cannot be read");
    onlyOldIsLeft();
  }

  @Test
  void onlyJobIsLeftToTry() {
    takeOver = SHORT;
    later = null;
    from = Optional.of("s3://bucket/older");
    flinks.get(OLD).end = "FAILED";
    assertThatThrownBy(this::run).hasMessageContaining("left to try");
    assertThat(kubernetes.names()).contains("deployments/" + NEW + "-jobmanager");
  }

  /** The old job may still run, and can do nothing any more. */
  @Test
  void jobThatOwnsALaneIsNotRemoved() {
    takeOver = SHORT;
    later = null;
    known(5, "--fromSavepoint=x");
    owners = Map.of(0, new Generation(5, "new"), 1, new Generation(4, "old"));
    assertThatThrownBy(this::run).hasMessageContaining("owns 1 of 2 lanes");
    assertThat(kubernetes.names()).contains("deployments/" + NEW + "-jobmanager");
  }

  @Test
  void withoutRoomTheOldPodsGoFirstAndThatIsSaid() throws Exception {
    room = Duration.ZERO;
    newPod("PodScheduled", "False", "Unschedulable");
    later =
        () -> {
          if (!kubernetes.names().contains("deployments/" + OLD + "-jobmanager")) {
            newJobTakesOver();
          }
        };

    run();

    assertThat(progress)
        .contains("No room beside the old pods: 0/3 nodes are available")
        .anyMatch(line -> line.contains("Stopping shop-r1; no verdicts come"));
    onlyNewIsLeft();
  }

  @Test
  void nodeThatComesInTimeIsWaitedFor() throws Exception {
    newPod("PodScheduled", "False", "Unschedulable");
    later =
        () -> {
          newPod("Ready", "True", "");
          assertThat(kubernetes.names()).contains("deployments/" + OLD + "-jobmanager");
          newJobTakesOver();
        };
    run();
    assertThat(progress).noneMatch(line -> line.startsWith("No room"));
  }

  /** Also while the job is still being restored. */
  @Test
  void spareWithoutRoomCostsNoStop() throws Exception {
    room = Duration.ZERO;
    newPod("PodScheduled", "True", "");
    Map<String, String> labels = new HashMap<>(labels(NEW));
    labels.put("app.kubernetes.io/component", "taskmanager");
    pod(NEW + "-needed", labels, "PodScheduled", "True", "");
    pod(NEW + "-spare", labels, "PodScheduled", "False", "Unschedulable");
    run();
    assertThat(progress).noneMatch(line -> line.startsWith("No room"));
  }

  @Test
  void oldJobThatDoesNotAnswerForAMomentIsAskedAgain() throws Exception {
    savepoint = PATIENCE;
    flinks.get(OLD).takesSavepoints = false;
    checkpoint("old", 7);
    Runnable takeOverLater = later;
    later =
        () -> {
          flinks.get(OLD).takesSavepoints = true;
          later =
              () -> {
                if (kubernetes.names().contains("configmaps/" + NEW + "-start")) {
                  takeOverLater.run();
                }
              };
        };

    run();

    assertThat(start("argument")).isEqualTo("--fromSavepoint=s3://bucket/savepoint-of-old");
  }

  /** The old job goes on until it is stopped, and deletes what it has replaced by newer ones. */
  @Test
  void checkpointIsTheNewestWhenTheOldJobHasMadeRoom() throws Exception {
    room = Duration.ZERO;
    flinks.get(OLD).takesSavepoints = false;
    checkpoint("old", 7);
    newPod("PodScheduled", "False", "Unschedulable");
    List<String> newer = new ArrayList<>();
    later =
        () -> {
          try {
            if (newer.isEmpty()) {
              newer.add(checkpoint("old", 8));
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          if (start("argument").endsWith("chk-8")) {
            newJobTakesOver();
          }
        };

    run();

    assertThat(start("argument")).isEqualTo("--fromSavepoint=" + newer.get(0));
  }

  /** It takes over by itself: also while somebody decides that it has not. */
  @Test
  void jobThatHasTakenOverMeanwhileIsNotRemoved() {
    takeOver = Duration.ZERO;
    known(5, "--fromSavepoint=x");
    later = null;
    assertThatThrownBy(
            () ->
                upgrade(
                        false,
                        () -> {
                          Map<Integer, Generation> before = owners;
                          newJobTakesOver();
                          return before;
                        })
                    .run())
        .hasMessageContaining("left to try");
    assertThat(kubernetes.names()).contains("deployments/" + NEW + "-jobmanager");
  }

  @Test
  void jobIsNotRemovedWhileNobodyKnowsWhetherItHasTakenOver() {
    takeOver = SHORT;
    known(5, "--fromSavepoint=x");
    assertThatThrownBy(
            () ->
                upgrade(
                        false,
                        () -> {
                          throw new TimeoutException("no brokers");
                        })
                    .run())
        .hasMessageContaining("left to try");
    assertThat(kubernetes.names()).contains("deployments/" + NEW + "-jobmanager");
  }

  /** Its JobManager answers until its pod has ended. */
  @Test
  void clusterThatWasStoppedIsNoReasonToRemoveTheOther() {
    kubernetes.remove("deployments/" + OLD + "-jobmanager");
    known(5, "--fromSavepoint=x");
    later = null;
    takeOver = SHORT;
    jobThatEnds();
    assertThatThrownBy(this::run).hasMessageContaining("left to try");
    assertThat(kubernetes.names()).contains("deployments/" + NEW + "-jobmanager");
  }

  /** The next upgrade, which has begun before this one has come to its end. */
  @Test
  void clusterThatIsMadeMeanwhileStays() throws Exception {
    Runnable takesOver = later;
    later =
        () -> {
          try {
            cluster("shop-r3");
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          takesOver.run();
        };
    run();
    assertThat(kubernetes.names()).contains("deployments/shop-r3-jobmanager");
  }

  @Test
  void suspensionRemovesTheClusterThatRuns() throws Exception {
    upgrade(true, this::readOwners).run();
    onlyNewIsLeft();
    assertThat(kubernetes.names()).doesNotContain("configmaps/" + NEW + "-start");
  }

  @Test
  void upgradeThatIsRemovedAlreadyDoesNothing() {
    kubernetes.remove("deployments/" + NEW + "-jobmanager");
    assertThatThrownBy(this::run).hasMessageContaining("removed already");
    assertThat(kubernetes.names()).contains("deployments/" + OLD + "-jobmanager", "jobs/" + OLD);
  }

  @Test
  void clustersOfOtherReleasesStay() throws Exception {
    // Another release, and another chart of the same one.
    Map<String, String> other =
        Map.of("app.kubernetes.io/instance", "shop-r", "turnstile/cluster", "shop-r-r1");
    Map<String, String> sibling =
        Map.of("app.kubernetes.io/instance", "shop", "turnstile/cluster", "shop-eu-r1");
    for (String kind : List.of("deployments", "configmaps", "jobs")) {
      kubernetes.add(kind, "other", other);
      kubernetes.add(kind, "sibling", sibling);
    }
    run();
    for (String kind : List.of("deployments", "configmaps", "jobs")) {
      assertThat(kubernetes.names()).contains(kind + "/other", kind + "/sibling");
    }
  }

  @Test
  void uninstallRemovesAllClusters() throws Exception {
    upgrade(false, this::readOwners).removeAll();
    assertThat(kubernetes.names()).containsExactly("services/shop-rest");
    assertThat(directory.resolve("ha/payments")).isEmptyDirectory();
    assertThat(readings).as("Kafka may be gone").isZero();
  }
}
