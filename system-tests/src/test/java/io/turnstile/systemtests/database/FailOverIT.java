package io.turnstile.systemtests.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.FlinkRest;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.Kind;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.Load;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.systemtests.harness.VerdictFollower;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A replica is promoted that lacks the newest commits, as asynchronous replication allows. */
@Tag("long")
class FailOverIT {

  private static final int SOME = 3_000;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @RegisterExtension static final TestbedExtension TESTBED = TestbedExtension.withPostgresql(2);

  @TempDir Path directory;

  private static GeneratorOptions load() {
    return new GeneratorOptions()
        .mixed()
        .share(Kind.UNKNOWN_PRODUCT, 0)
        .customers(200)
        .products(200)
        .rate(1_000);
  }

  private static long verdicts(Deployment turnstile) {
    try {
      return turnstile.number("SELECT count(*) FROM turnstile.verdict");
    } catch (SQLException away) {
      return -1;
    }
  }

  private static void awaitVerdicts(Deployment turnstile, long more) {
    long target = Math.max(0, verdicts(turnstile)) + more;
    await().atMost(PATIENCE).until(() -> verdicts(turnstile) >= target);
  }

  /** No checkpoint covers what is lost: the inputs are decided again. */
  @Test
  void replicaThatLacksOnlyLaterVerdictsIsTakenOver() throws Exception {
    try (Deployment turnstile = new Deployment(TESTBED.testbed(), "later.", directory, true);
        VerdictFollower reader =
            new VerdictFollower(turnstile.connection().verdicts(turnstile.topics().verdicts()))) {
      turnstile.submit("--checkpoint-interval", "1h", "--product-wait", "60s");
      // A reader of its own would end with the fail-over.
      Load load = Load.startWithoutRetries(turnstile, directory.resolve("later.csv"), load());
      awaitVerdicts(turnstile, SOME);
      TESTBED.testbed().database().copyToReplica();
      awaitVerdicts(turnstile, SOME);
      long before = verdicts(turnstile);
      TESTBED.testbed().database().failOver();
      await().atMost(PATIENCE).until(() -> verdicts(turnstile) > before + SOME);
      load.stopAndAudit();
      // It has seen verdicts that are there no more, and must not continue as if nothing were.
      assertThatThrownBy(reader::count)
          .isInstanceOf(CheckFailedException.class)
          .hasMessageContaining("lacks verdicts that were read before");
    }
  }

  @Test
  void replicaThatLacksWhatACheckpointCoversIsRefused() throws Exception {
    FlinkRest flink = TESTBED.testbed().flink();
    try (Deployment turnstile = new Deployment(TESTBED.testbed(), "covered.", directory, true)) {
      turnstile.submit("--checkpoint-interval", "500ms", "--product-wait", "60s");
      Load load = Load.start(turnstile, directory.resolve("covered.csv"), load());
      try {
        awaitVerdicts(turnstile, SOME);
        TESTBED.testbed().database().copyToReplica();
        awaitVerdicts(turnstile, SOME);
        flink.checkpoint(turnstile.jobId(), PATIENCE);
        TESTBED.testbed().database().failOver();
        assertThat(flink.awaitTerminal(turnstile.jobId(), PATIENCE).state()).isEqualTo("FAILED");
        assertThat(flink.failures(turnstile.jobId()).get(0).stackTrace())
            .contains("this server lacks verdicts that the checkpoint covers");
      } finally {
        load.stop();
      }
    }
  }
}
