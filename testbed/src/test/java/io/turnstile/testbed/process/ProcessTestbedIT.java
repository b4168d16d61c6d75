package io.turnstile.testbed.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.clients.JobSubmission;
import io.turnstile.testbed.JavaApplication;
import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.SequenceJob;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Flink in one testbed for all tests; each leaves it with everything running. */
class ProcessTestbedIT {
  private static final int SLOTS = 3;
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /** Not a temporary directory of JUnit's: logs of a failed start are to stay. */
  private static final Path BASE = Path.of("target", "testbed");

  @TempDir private static Path directory;

  private static Path jar;
  private static Testbed testbed;

  @BeforeAll
  static void start() throws Exception {
    jar = directory.resolve("sequence.jar");
    SequenceJob.writeJar(jar);
    testbed =
        new ProcessTestbed(
            TestbedConfig.builder()
                .baseDirectory(BASE)
                .taskManagerMemory("1g")
                .slots(SLOTS)
                .brokerHeap("512m")
                .flinkConfig(
                    Map.of(
                        "heartbeat.timeout", "4 s", "execution.checkpointing.interval", "500 ms"))
                .build());
    testbed.start();
  }

  @AfterAll
  static void leavesNothingBehind() {
    testbed.close();
    LeakCheck.assertNothingLeft();
    assertThat(BASE).isEmptyDirectory();
  }

  @Test
  void applicationRunsInTheTestbedUntilItIsKilled() {
    TestbedProcess application =
        testbed.startApplication(
            new JavaApplication(
                System.getProperty("java.class.path"),
                List.of("-Xmx64m", "-Dgreeting=ready"),
                WaitingApplication.class.getName(),
                List.of("to", "go")));
    await()
        .atMost(TIMEOUT)
        .untilAsserted(
            () ->
                assertThat(testbed.logs().resolve(application + ".log"))
                    .content()
                    .contains("ready to go"));
    assertThat(testbed.isAlive(application)).isTrue();
    assertThat(testbed.taskManagers()).doesNotContain(application);

    testbed.kill(application);

    assertThat(testbed.isAlive(application)).isFalse();
    assertThatThrownBy(() -> testbed.start(application))
        .hasMessageContaining("does not start again");
  }

  @Test
  void jobSurvivesReplacedTaskManagerAndRestoresFromSavepoint() {
    FlinkRest flink = testbed.flink();
    String jobId = flink.submit(JobSubmission.of(jar));
    flink.awaitRunning(jobId, TIMEOUT);
    await().atMost(TIMEOUT).until(() -> flink.checkpoints(jobId).completed() > 0);

    TestbedProcess killed = testbed.taskManagers().get(0);
    testbed.kill(killed);
    await().atMost(TIMEOUT).untilAsserted(() -> assertThat(flink.taskManagers()).isEmpty());
    TestbedProcess started = testbed.startTaskManager();
    assertThat(started).isNotEqualTo(killed);
    assertThat(testbed.taskManagers()).containsExactly(started);
    assertThat(flink.taskManagers())
        .extracting(FlinkRest.TaskManager::id, FlinkRest.TaskManager::slots)
        .containsExactly(tuple(started.toString(), SLOTS));
    flink.awaitRunning(jobId, TIMEOUT);
    await().atMost(TIMEOUT).until(() -> flink.restarts(jobId) > 0);
    assertThat(flink.checkpoints(jobId).restoredFrom()).isPresent();
    assertThat(flink.failures(jobId)).isNotEmpty();

    String savepoint = flink.stopWithSavepoint(jobId, TIMEOUT);
    assertThat(flink.job(jobId).state()).isEqualTo("FINISHED");
    String restored = flink.submit(JobSubmission.of(jar).restoredFrom(savepoint));
    flink.awaitRunning(restored, TIMEOUT);
    assertThat(flink.checkpoints(restored).restoredFrom()).hasValue(savepoint);
    assertThat(flink.jobs().get(0).id()).isEqualTo(restored);
    flink.cancel(restored);
    assertThat(flink.awaitTerminal(restored, TIMEOUT).state()).isEqualTo("CANCELED");
  }

  @Test
  void rejectedJobIsReportedInItsOwnWords() {
    assertThatThrownBy(() -> testbed.flink().submit(JobSubmission.of(jar, "--jwks: no such file")))
        .isInstanceOf(JobRejectedException.class)
        .hasMessage("--jwks: no such file");
  }

  @Test
  void restoreFromMissingSavepointSaysSo() {
    FlinkRest flink = testbed.flink();
    assertThatThrownBy(
            () -> {
              String jobId = flink.submit(JobSubmission.of(jar).restoredFrom("/no/such/savepoint"));
              flink.awaitRunning(jobId, TIMEOUT);
            })
        .isExactlyInstanceOf(FlinkRestException.class)
        .hasMessageContaining("/no/such/savepoint");
  }

  @Test
  void pausedTaskManagerIsMissedUntilItGoesOn() {
    TestbedProcess target = testbed.taskManagers().get(0);
    testbed.pause(target);
    await().atMost(TIMEOUT).until(() -> testbed.flink().taskManagers().isEmpty());
    assertThat(testbed.isAlive(target)).isTrue();
    testbed.resume(target);
    await().atMost(TIMEOUT).until(() -> testbed.flink().taskManagers().size() == 1);
  }

  @Test
  void taskManagersFindJobManagerThatWasKilledAndStartedAgain() {
    testbed.kill(TestbedProcess.JOB_MANAGER);
    assertThat(testbed.flink().isUp()).isFalse();
    testbed.start(TestbedProcess.JOB_MANAGER);
    await().atMost(TIMEOUT).until(() -> testbed.flink().taskManagers().size() == 1);
  }

  @Test
  void leakCheckSeesTheLivingProcesses() {
    assertThat(LeakCheck.processesOf(ProcessHandle.current().pid()))
        .extracting(ProcessHandle::pid)
        .contains(
            testbed.pid(TestbedProcess.BROKER),
            testbed.pid(TestbedProcess.JOB_MANAGER),
            testbed.pid(testbed.taskManagers().get(0)));
  }
}
