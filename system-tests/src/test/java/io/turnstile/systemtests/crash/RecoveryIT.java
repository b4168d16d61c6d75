package io.turnstile.systemtests.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.audit.AuditReport;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JobSubmission;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationListener;
import io.turnstile.simulator.SimulationOptions;
import io.turnstile.simulator.SimulationSummary;
import io.turnstile.simulator.TokenKind;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.testbed.KeyServer;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Restarts, rescaling and crashes: dedup holds, and every input gets its one verdict. */
class RecoveryIT {

  private static final int MANY_PRODUCTS = 100_000;
  private static final Duration SAVEPOINT = Duration.ofSeconds(60);

  @RegisterExtension
  static final TestbedExtension TESTBED = new TestbedExtension(TestbedConfig.defaults());

  @TempDir Path directory;
  private Deployment turnstile;

  @AfterEach
  void stop() {
    turnstile.close();
  }

  @Tag("extended")
  @Test
  void coldStartTurnsNothingAwayForAProductAlreadyInTheTopic() throws Exception {
    turnstile = new Deployment(testbed(), "cold.", directory);
    List<Future<RecordMetadata>> products = new ArrayList<>();
    for (int i = 0; i < MANY_PRODUCTS; i++) {
      Product product = new Product("p-" + i, "Product " + i, "test", 100, "EUR", 1, 1, 1);
      products.add(
          turnstile
              .producer()
              .send(
                  new ProducerRecord<>(
                      turnstile.topics().inventory(),
                      product.productId().getBytes(StandardCharsets.UTF_8),
                      ProductCodec.encode(product))));
    }
    for (Future<RecordMetadata> product : products) {
      product.get();
    }
    List<SourcePosition> sent = new ArrayList<>();
    for (int i = 0; i < MANY_PRODUCTS; i += 1_000) {
      sent.add(turnstile.send(turnstile.transaction("t-" + i, "c-" + i, "p-" + i, 1)));
    }
    turnstile.submit("--parallelism", "2", "--product-wait", "1ms");
    for (SourcePosition position : sent) {
      assertThat(turnstile.verdicts().of(position).result()).isEqualTo("ACCEPTED");
    }
  }

  @Tag("extended")
  @ParameterizedTest
  @ValueSource(strings = {"checkpoint", "journal"})
  void aProductThatNeverComesIsUnknownAlsoAfterARestartMeanwhile(String commit) throws Exception {
    turnstile = new Deployment(testbed(), "never-" + commit + ".", directory);
    turnstile.submit("--commit", commit, "--parallelism", "1", "--product-wait", "5s");
    SourcePosition position = turnstile.send(turnstile.transaction("t-1", "c", "p-never", 1));
    flink().checkpoint(turnstile.jobId(), Deployment.PATIENCE);
    killAndReplaceTaskManager();
    assertThat(turnstile.verdicts().of(position).result()).isEqualTo("UNKNOWN_PRODUCT");
    awaitRestart();
  }

  @Tag("extended")
  @ParameterizedTest
  @ValueSource(strings = {"checkpoint", "journal"})
  void dedupHoldsThroughASavepointAndMoreParallelism(String commit) throws Exception {
    turnstile = new Deployment(testbed(), "scale-" + commit + ".", directory);
    turnstile.publishProduct("p-1");
    turnstile.submit("--commit", commit, "--parallelism", "1");
    List<SourcePosition> first = sendEach(20, "scale");
    for (SourcePosition position : first) {
      assertThat(turnstile.verdicts().of(position).result()).isEqualTo("ACCEPTED");
    }
    String savepoint = flink().stopWithSavepoint(turnstile.jobId(), SAVEPOINT);
    turnstile.submit(
        turnstile.submission("--commit", commit, "--parallelism", "2").restoredFrom(savepoint));
    for (SourcePosition position : sendEach(20, "scale")) {
      assertThat(turnstile.verdicts().of(position).result()).isEqualTo("DUPLICATE_ID");
    }
    for (SourcePosition position : first) {
      assertThat(turnstile.verdicts().of(position).result()).isEqualTo("ACCEPTED");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"checkpoint", "journal"})
  void killedTaskManagerLosesAndDoublesNothing(String commit) throws Exception {
    turnstile = new Deployment(testbed(), "crash-" + commit + ".", directory);
    turnstile.submit(
        "--commit", commit, "--parallelism", "2", "--checkpoint-interval", interval(commit));
    Path ledger = directory.resolve("ledger.csv");
    GeneratorOptions mix = new GeneratorOptions().mixed().customers(500).products(500).rate(2_000);
    Simulation simulation =
        new Simulation(
            new KafkaConnection(testbed().bootstrapServers(), Map.of(), turnstile.topics()),
            new Generator(mix),
            turnstile.issuer(),
            new SimulationOptions().rate(2_000).count(20_000).ledger(ledger).retry(true),
            SimulationListener.NONE);
    CompletableFuture<SimulationSummary> run =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return simulation.run();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    Awaitility.await()
        .atMost(Deployment.PATIENCE)
        .until(() -> turnstile.verdicts().count() > 5_000);
    killAndReplaceTaskManager();
    assertThat(run.join().failures()).isZero();
    AuditReport audit = turnstile.audit(ledger);
    assertThat(audit.inputs()).isGreaterThanOrEqualTo(20_000);
  }

  /** Flink shows a restart up to a second later, when verdicts may be there already. */
  private void awaitRestart() {
    Awaitility.await()
        .atMost(Deployment.PATIENCE)
        .until(() -> flink().restarts(turnstile.jobId()) > 0);
  }

  @Tag("extended")
  @Test
  void crashWhileTheKeyServerIsAwayGoesOnWithTheKeysOfTheCheckpoint() throws Exception {
    turnstile = new Deployment(testbed(), "keys.", directory);
    turnstile.publishProduct("p-1");
    try (KeyServer keys = new KeyServer(turnstile.jwks())) {
      turnstile.submit(
          readingKeysFrom(
              keys, turnstile.submission("--parallelism", "2", "--jwks-read-timeout", "1s")));
      flink().checkpoint(turnstile.jobId(), Deployment.PATIENCE);
      keys.pause();
      killAndReplaceTaskManager();
      SourcePosition unknown =
          turnstile.send(
              new Transaction(
                  "t", "c", "p-1", 1, 1, "EUR", 1, turnstile.token(TokenKind.UNKNOWN_KEY, "c")));
      for (SourcePosition position : sendEach(20, "after")) {
        assertThat(turnstile.verdicts().of(position).result()).isEqualTo("ACCEPTED");
      }
      awaitRestart();
      assertThat(turnstile.verdicts().has(unknown)).as("invalid without being sure").isFalse();
      keys.resume();
      assertThat(turnstile.verdicts().of(unknown).result()).isEqualTo("TOKEN_INVALID");
    }
  }

  private static JobSubmission readingKeysFrom(KeyServer keys, JobSubmission submission) {
    List<String> arguments = new ArrayList<>(submission.arguments());
    arguments.set(arguments.indexOf("--jwks") + 1, keys.uri().toString());
    return JobSubmission.of(submission.jar(), arguments);
  }

  /** Of the journal, long enough for a tail to be there when the kill comes. */
  private static String interval(String commit) {
    return commit.equals("journal") ? "2s" : "100ms";
  }

  private List<SourcePosition> sendEach(int count, String id) throws Exception {
    List<SourcePosition> positions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      positions.add(turnstile.send(turnstile.transaction(id, "c-" + i, "p-1", 1)));
    }
    return positions;
  }

  private void killAndReplaceTaskManager() {
    testbed().kill(testbed().taskManagers().get(0));
    testbed().startTaskManager();
    flink().awaitRunning(turnstile.jobId(), Deployment.PATIENCE);
  }

  private static Testbed testbed() {
    return TESTBED.testbed();
  }

  private static FlinkRest flink() {
    return TESTBED.testbed().flink();
  }
}
