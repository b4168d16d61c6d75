package io.turnstile.systemtests.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JobSubmission;
import io.turnstile.events.SourcePosition;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.Kind;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.Load;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.testbed.TestbedConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Commit mode journal, started from every checkpoint or savepoint that an operator may choose. */
@Timeout(180)
class RestoreIT {

  private static final Duration PATIENCE = Deployment.PATIENCE;
  private static final int SOME = 200;

  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfig.builder()
              .slots(4)
              .flinkConfig(Map.of("execution.checkpointing.num-retained", "5"))
              .build());

  @TempDir Path directory;
  private Deployment turnstile;
  private Load load;

  @AfterEach
  void stop() {
    if (load != null) {
      load.stop();
    }
    turnstile.close();
  }

  private void deploy(String prefix) throws Exception {
    turnstile = new Deployment(TESTBED.testbed(), prefix, directory);
  }

  private JobSubmission submission(int parallelism, String... extraArguments) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--commit", "journal",
                "--parallelism", Integer.toString(parallelism),
                // Only when a test says so.
                "--checkpoint-interval", "1h"));
    arguments.addAll(List.of(extraArguments));
    return turnstile.submission(arguments.toArray(String[]::new));
  }

  private void underLoad() {
    load = Load.start(turnstile, directory.resolve("ledger.csv"), mix());
    load.awaitVerdicts(SOME);
  }

  private static GeneratorOptions mix() {
    return new GeneratorOptions().mixed().customers(200).products(200).rate(300);
  }

  @Tag("extended")
  @Test
  void olderCheckpointAndTheSameOnceMore() throws Exception {
    deploy("older.");
    turnstile.submit(submission(2));
    underLoad();
    String older = checkpoint();
    load.awaitVerdicts(SOME);
    assertThat(checkpoint()).isNotEqualTo(older);
    load.awaitVerdicts(SOME);
    for (int time = 0; time < 2; time++) {
      cancel();
      turnstile.submit(submission(2).restoredFrom(older));
      assertThat(flink().checkpoints(turnstile.jobId()).restoredFrom()).contains(older);
      load.awaitVerdicts(SOME);
    }
    load.stopAndAudit();
  }

  @Tag("extended")
  @Test
  void savepointWhoseTailHasBeenDeletedIsRefused() throws Exception {
    deploy("deleted.");
    turnstile.publishProduct("p-1");
    turnstile.submit(submission(1));
    String savepoint = flink().savepoint(turnstile.jobId(), PATIENCE);
    SourcePosition since = turnstile.send(turnstile.transaction("t-1", "c", "p-1", 1));
    int lane = turnstile.verdicts().of(since).record().partition();
    cancel();
    TopicPartition partition = new TopicPartition(turnstile.topics().accepted(), lane);
    try (Admin admin = turnstile.admin()) {
      admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(1))).all().get();
    }
    turnstile.start(submission(1).restoredFrom(savepoint));
    assertThat(flink().awaitTerminal(turnstile.jobId(), PATIENCE).state()).isEqualTo("FAILED");
    assertThat(flink().failures(turnstile.jobId()).get(0).message())
        .startsWith(
            "lane %d: deleted.verdicts.accepted/%d holds offsets 1 to 2, and what was committed"
                    .formatted(lane, lane)
                + " since 0 is needed: verdicts were deleted; restore a newer checkpoint");
  }

  @Test
  @Tag("long")
  void otherParallelismAgainAndAgainWhileTransactionsWaitForProducts() throws Exception {
    deploy("rescale.");
    turnstile.publishProduct("p-1");
    // Longer than it takes to stop.
    String[] wait = {"--product-wait", "30s"};
    turnstile.submit(submission(1, wait));
    load =
        Load.start(
            turnstile, directory.resolve("ledger.csv"), mix().share(Kind.UNKNOWN_PRODUCT, 0));
    for (int parallelism : List.of(2, 3, 4, 1)) {
      load.awaitVerdicts(SOME);
      String product = "p-for-" + parallelism;
      SourcePosition waiting =
          turnstile.send(turnstile.transaction("t-" + product, "c", product, parallelism));
      SourcePosition behind =
          turnstile.send(turnstile.transaction("t-1-" + product, "c", "p-1", parallelism));
      assertThat(behind.partition()).isEqualTo(waiting.partition());
      assertThat(turnstile.verdicts().of(behind).result()).isEqualTo("ACCEPTED");
      String savepoint = flink().stopWithSavepoint(turnstile.jobId(), PATIENCE);
      assertThat(turnstile.verdicts().has(waiting)).isFalse();
      turnstile.publishProduct(product);
      turnstile.submit(submission(parallelism, wait).restoredFrom(savepoint));
      assertThat(turnstile.verdicts().of(waiting).result()).isEqualTo("ACCEPTED");
    }
    load.stopAndAudit();
  }

  @Tag("long")
  @Test
  void secondJobOnTheSameTopicsTakesThemOverAndTheFirstSaysSo() throws Exception {
    deploy("second.");
    turnstile.submit(submission(1));
    underLoad();
    String first = turnstile.jobId();
    turnstile.submit(submission(1));
    flink().awaitTerminal(first, PATIENCE);
    assertThat(flink().failures(first).get(0).stackTrace())
        .contains("another job writes to the same verdict topics")
        .contains("goes on committing as producer")
        .contains("stop one of the two jobs");
    load.awaitVerdicts(SOME);
    load.stopAndAudit();
  }

  /** Takes a checkpoint; returns where it lies. */
  private String checkpoint() {
    long id = flink().checkpoint(turnstile.jobId(), PATIENCE);
    FlinkRest.Checkpoint latest = flink().checkpoints(turnstile.jobId()).latest().orElseThrow();
    assertThat(latest.id()).isEqualTo(id);
    return latest.path();
  }

  private void cancel() {
    flink().cancel(turnstile.jobId());
    flink().awaitTerminal(turnstile.jobId(), PATIENCE);
  }

  private static FlinkRest flink() {
    return TESTBED.testbed().flink();
  }
}
