package io.turnstile.systemtests.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.clients.JobSubmission;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.Load;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.testbed.LogFile;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The job on the configuration <em>object-storage</em>, with Flink's own client of S3 and a real
 * server, whose keys come by the environment as in the chart. Each test ends with the audit.
 */
@Tag("long")
@Timeout(900)
class ObjectStorageIT {

  /** A busy machine takes its time to start a TaskManager. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private static final int SOME = 200;
  private static final String CHECKPOINTS = "s3://" + S3Server.BUCKET + "/checkpoints";
  private static final String SAVEPOINTS = "s3://" + S3Server.BUCKET + "/savepoints";

  private static final String[] OFTEN = {"--checkpoint-interval", "1s"};

  private static final int FORBIDDEN = 403;
  private static final int UNAVAILABLE = 503;

  private static final String NO_SUCH_KEY = "Status Code: 403; Error Code: InvalidAccessKeyId";

  private static final S3Gate GATE = new S3Gate();

  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfig.builder()
              .flinkProfile("object-storage")
              .taskManagerMemory("2g")
              .flinkPlugins(List.of(S3Server.PLUGIN))
              .flinkEnvironment(S3Server.CREDENTIALS)
              .flinkConfig(
                  Map.of(
                      "execution.checkpointing.dir",
                      CHECKPOINTS,
                      "execution.checkpointing.savepoint-dir",
                      SAVEPOINTS,
                      // A small state takes the way of a large one.
                      "execution.checkpointing.data-inline-threshold",
                      "1 kb",
                      // As the chart writes them.
                      "s3.endpoint",
                      GATE.endpoint(),
                      "s3.path.style.access",
                      "true"))
              .build());

  private static S3Server server;

  @TempDir Path directory;
  private Deployment turnstile;
  private Load load;

  @BeforeAll
  static void startServer() throws Exception {
    server = S3Server.start(testbed());
    GATE.openTo(server.port());
  }

  @AfterAll
  static void closeGate() {
    GATE.close();
  }

  @AfterEach
  void stop() {
    GATE.pass();
    if (load != null) {
      load.stop();
    }
    if (turnstile != null) {
      turnstile.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"journal", "checkpoint"})
  void goesOnFromASavepointAndAfterAKillFromACheckpoint(String commit) throws Exception {
    turnstile = new Deployment(testbed(), "goes-on-" + commit + ".", directory);
    turnstile.submit(submission(commit, OFTEN));
    underLoad();
    String savepoint = flink().stopWithSavepoint(turnstile.jobId(), PATIENCE);
    assertThat(savepoint).startsWith(SAVEPOINTS + "/");
    turnstile.submit(submission(commit, OFTEN).restoredFrom(savepoint));
    assertThat(flink().checkpoints(turnstile.jobId()).restoredFrom()).contains(savepoint);
    load.awaitVerdicts(SOME);

    awaitCheckpoint();
    killAndReplaceTaskManager();
    awaitRestart();
    flink().awaitRunning(turnstile.jobId(), PATIENCE);
    assertThat(flink().checkpoints(turnstile.jobId()).restoredFrom().orElseThrow())
        .startsWith(CHECKPOINTS + "/" + turnstile.jobId() + "/chk-");
    load.awaitVerdicts(SOME);
    load.stopAndAudit();
  }

  @Test
  void slowAnswersDelayCheckpointsOnly() throws Exception {
    underLoadInJournalMode("slow.");
    long failed = flink().checkpoints(turnstile.jobId()).failed();
    GATE.delay(Duration.ofMillis(300));
    load.awaitVerdicts(SOME);
    awaitCheckpoint();
    awaitCheckpoint();
    assertThat(flink().checkpoints(turnstile.jobId()).failed()).isEqualTo(failed);
    goesOnWithoutARestart();
  }

  @Test
  void silenceOfSomeSecondsDelaysCheckpointsOnly() throws Exception {
    underLoadInJournalMode("silent.");
    GATE.hold();
    // Longer than the client waits for an answer.
    await().pollDelay(Duration.ofSeconds(8)).atMost(PATIENCE).until(() -> GATE.met() > 0);
    load.awaitVerdicts(SOME);
    GATE.pass();
    goesOnWithoutARestart();
  }

  @Test
  void serverThatAsksForLessDelaysCheckpointsOnly() throws Exception {
    underLoadInJournalMode("slow-down.");
    GATE.refuse(UNAVAILABLE, "SlowDown");
    await().atMost(PATIENCE).until(() -> GATE.met() >= 10);
    load.awaitVerdicts(SOME);
    GATE.pass();
    goesOnWithoutARestart();
  }

  @Test
  void expiredCredentialsStopCheckpointsOnlyUntilTheyAreRenewed() throws Exception {
    underLoadInJournalMode("expired.");
    GATE.refuse(FORBIDDEN, "InvalidAccessKeyId");
    awaitFailedCheckpoints(6);
    load.awaitVerdicts(SOME);
    // What commands say, and the JobManager's log; the web UI does not have the reason.
    assertThatThrownBy(() -> flink().checkpoint(turnstile.jobId(), PATIENCE))
        .hasMessageStartingWith("checkpoint failed: ")
        .satisfies(ObjectStorageIT::isOneLineWithTheReason);
    assertThatThrownBy(() -> flink().savepoint(turnstile.jobId(), PATIENCE))
        .hasMessageStartingWith("savepoint failed: ")
        .satisfies(ObjectStorageIT::isOneLineWithTheReason);
    assertThat(new LogFile(testbed().logs().resolve(TestbedProcess.JOB_MANAGER + ".log")).lines())
        .anyMatch(line -> line.contains(NO_SUCH_KEY));
    System.out.println(
        "the web UI says: " + flink().checkpoints(turnstile.jobId()).latestFailure().orElseThrow());
    GATE.pass();
    goesOnWithoutARestart();
  }

  @ParameterizedTest
  @ValueSource(strings = {"403 InvalidAccessKeyId", "503 SlowDown"})
  void restartWaitsForTheStorage(String answer) throws Exception {
    String[] parts = answer.split(" ", 2);
    underLoadInJournalMode("restart-" + parts[0] + ".");
    GATE.refuse(Integer.parseInt(parts[0]), parts[1]);
    killAndReplaceTaskManager();
    // The restore meets it, and again.
    await().pollDelay(Duration.ofSeconds(20)).atMost(PATIENCE).until(() -> GATE.met() >= 10);
    long backNanos = System.nanoTime();
    GATE.pass();
    flink().awaitRunning(turnstile.jobId(), PATIENCE);
    System.out.printf(
        "%s: running %.1f s after the storage was back; failures: %s%n",
        answer,
        (System.nanoTime() - backNanos) / 1e9,
        flink().failures(turnstile.jobId()).stream().map(FlinkRest.Failure::message).toList());
    load.awaitVerdicts(SOME);
    awaitCheckpoint();
    load.stopAndAudit();
  }

  @Test
  void truncatedMetadataIsRefusedAndTheCheckpointBeforeServes() throws Exception {
    turnstile = new Deployment(testbed(), "truncated.", directory);
    turnstile.submit(submission("journal", "--checkpoint-interval", "1h"));
    underLoad();
    String older = checkpoint();
    load.awaitVerdicts(SOME);
    String newer = checkpoint();
    load.awaitVerdicts(SOME);
    flink().cancel(turnstile.jobId());
    flink().awaitTerminal(turnstile.jobId(), PATIENCE);

    byte[] metadata = server.get(newer + "/_metadata");
    for (int length : new int[] {metadata.length / 2, 0}) {
      server.put(newer + "/_metadata", Arrays.copyOf(metadata, length));
      assertThatThrownBy(() -> turnstile.start(submission("journal").restoredFrom(newer)))
          .isInstanceOf(JobRejectedException.class)
          .hasMessageContaining(
              "the checkpoint or savepoint "
                  + newer
                  + " is not whole: its _metadata ends too soon");
    }
    turnstile.submit(submission("journal").restoredFrom(older));
    load.awaitVerdicts(SOME);
    load.stopAndAudit();
  }

  /** An answer to HEAD has no body, and so no code but the status. */
  private static void isOneLineWithTheReason(Throwable failure) {
    assertThat(failure.getMessage()).contains("Status Code: 403").doesNotContain("\n");
  }

  private void underLoadInJournalMode(String prefix) throws Exception {
    turnstile = new Deployment(testbed(), prefix, directory);
    turnstile.submit(submission("journal", OFTEN));
    underLoad();
    awaitCheckpoint();
  }

  private void underLoad() {
    load =
        Load.start(
            turnstile,
            directory.resolve("ledger.csv"),
            new GeneratorOptions().mixed().customers(200).products(200).rate(300));
    load.awaitVerdicts(SOME);
  }

  private JobSubmission submission(String commit, String... extraArguments) {
    List<String> arguments = new ArrayList<>(List.of("--commit", commit, "--parallelism", "2"));
    arguments.addAll(List.of(extraArguments));
    return turnstile.submission(arguments.toArray(String[]::new));
  }

  private void goesOnWithoutARestart() throws Exception {
    awaitCheckpoint();
    load.awaitVerdicts(SOME);
    assertThat(flink().failures(turnstile.jobId())).isEmpty();
    load.stopAndAudit();
  }

  /** Waits for one that began after now, or was on its way. */
  private void awaitCheckpoint() {
    long before = newestCheckpoint();
    await().atMost(PATIENCE).until(() -> newestCheckpoint() > before);
  }

  private long newestCheckpoint() {
    return flink().checkpoints(turnstile.jobId()).latest().map(FlinkRest.Checkpoint::id).orElse(0L);
  }

  private void awaitFailedCheckpoints(int more) {
    long target = flink().checkpoints(turnstile.jobId()).failed() + more;
    await().atMost(PATIENCE).until(() -> flink().checkpoints(turnstile.jobId()).failed() >= target);
  }

  /** Takes a checkpoint; returns where it lies. */
  private String checkpoint() {
    long id = flink().checkpoint(turnstile.jobId(), PATIENCE);
    FlinkRest.Checkpoint latest = flink().checkpoints(turnstile.jobId()).latest().orElseThrow();
    assertThat(latest.id()).isEqualTo(id);
    return latest.path();
  }

  private static void killAndReplaceTaskManager() {
    testbed().kill(testbed().taskManagers().get(0));
    testbed().startTaskManager();
  }

  /** Flink shows a restart up to a second later, when verdicts may be there already. */
  private void awaitRestart() {
    await().atMost(PATIENCE).until(() -> flink().restarts(turnstile.jobId()) > 0);
  }

  private static Testbed testbed() {
    return TESTBED.testbed();
  }

  private static FlinkRest flink() {
    return testbed().flink();
  }
}
