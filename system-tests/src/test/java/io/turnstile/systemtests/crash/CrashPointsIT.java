package io.turnstile.systemtests.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.clients.FlinkRest;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.LedgerWriter;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.KafkaGate;
import io.turnstile.systemtests.harness.KafkaGate.Held;
import io.turnstile.systemtests.harness.KafkaGate.Hold;
import io.turnstile.systemtests.harness.KafkaGate.Request;
import io.turnstile.systemtests.harness.Load;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commit mode journal, with the process killed, frozen or cut off at a step of the protocol that it
 * is certainly at: the gate holds the message that the step waits for. All tests but the broker's
 * outage share one job, each puts it under load, and ends with an audit of all there is so far.
 */
@Timeout(180)
class CrashPointsIT {

  private static final Duration PATIENCE = Deployment.PATIENCE;
  private static final int LANES = Deployment.LANES;
  private static final int SOME = 200;

  /** To a commit of an earlier owner; the last one, while its successor's own is under way. */
  private static final Set<Errors> REFUSALS =
      Set.of(Errors.PRODUCER_FENCED, Errors.INVALID_PRODUCER_EPOCH, Errors.CONCURRENT_TRANSACTIONS);

  private static final KafkaGate GATE = new KafkaGate();

  /** One TaskManager has the job, the other one is there to take over. */
  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfig.builder()
              .taskManagers(2)
              .taskManagerMemory("1500m")
              .flinkConfig(Map.of("heartbeat.interval", "500 ms", "heartbeat.timeout", "5 s"))
              .brokerConfig(
                  Map.of(
                      "advertised.listeners",
                      GATE.listener(),
                      "transaction.abort.timed.out.transaction.cleanup.interval.ms",
                      "500"))
              .build(),
          GATE);

  @TempDir static Path directory;
  private static Deployment shared;
  private static CompletableFuture<TestbedProcess> replacement =
      CompletableFuture.completedFuture(null);

  private Deployment turnstile = shared;
  private Load load;
  private final List<Hold> holds = new ArrayList<>();

  @BeforeAll
  static void submit() throws Exception {
    shared = deployment("shared.");
  }

  private static Deployment deployment(String prefix, String... extraArguments) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--commit", "journal",
                "--commit-interval", "20ms",
                "--parallelism", "2",
                "--product-wait", "3s",
                // Only when a test says so.
                "--checkpoint-interval", "1h"));
    arguments.addAll(List.of(extraArguments));
    return new Deployment(testbed(), prefix, directory).submit(arguments.toArray(String[]::new));
  }

  @AfterEach
  void letGo() {
    holds.forEach(Hold::deliver);
    GATE.delay(Duration.ZERO);
    if (load != null) {
      load.stop();
    }
    if (turnstile != shared) {
      turnstile.close();
    }
  }

  @AfterAll
  static void stop() {
    if (shared != null) {
      shared.close();
    }
    replacement.join();
  }

  /** Puts the job under load, until verdicts are committed that its last checkpoint lacks. */
  private void underLoad() throws Exception {
    load =
        Load.start(
            turnstile,
            ledger(),
            new GeneratorOptions().mixed().customers(200).products(200).rate(300));
    load.awaitVerdicts(SOME);
    flink().checkpoint(turnstile.jobId(), PATIENCE);
    load.awaitVerdicts(SOME);
  }

  private Path ledger() {
    return directory.resolve(turnstile.topics().transactions() + ".csv");
  }

  /** And the commit, stuck in the network, arrives when the successor has long taken over. */
  @Tag("extended")
  @Test
  void killedBetweenAppendAndCommit() throws Exception {
    underLoad();
    Hold commits = hold(GATE.holdRequests(lanes(ApiKeys.END_TXN)));
    await().atMost(PATIENCE).until(() -> commits.clients().size() == LANES);
    for (int lane = 0; lane < LANES; lane++) {
      assertThat(transactionState(lane)).isEqualTo(TransactionState.ONGOING);
      assertThat(end(lane, IsolationLevel.READ_UNCOMMITTED))
          .as("what is appended and not committed to lane %d", lane)
          .isGreaterThan(end(lane, IsolationLevel.READ_COMMITTED));
    }

    killOwner();
    commits.catchNoMore();
    load.awaitVerdicts(SOME);
    commits.deliver();
    assertRefused(commits);
    load.stopAndAudit();
  }

  private static void assertRefused(Hold commits) throws Exception {
    for (Held commit : commits.held()) {
      assertThat(commit.answer().get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isIn(REFUSALS);
    }
  }

  @Tag("extended")
  @Test
  void killedAfterCommitsOfWhichItNeverHeard() throws Exception {
    underLoad();
    Hold commits = hold(GATE.holdAnswers(lanes(ApiKeys.END_TXN)));
    await().atMost(PATIENCE).until(() -> commits.clients().size() == LANES);
    for (int lane = 0; lane < LANES; lane++) {
      int each = lane;
      await()
          .atMost(PATIENCE)
          .until(() -> transactionState(each) == TransactionState.COMPLETE_COMMIT);
    }

    killOwner();
    commits.drop();
    load.awaitVerdicts(SOME);
    load.stopAndAudit();
  }

  @Tag("long")
  @Test
  void killedTwiceInARowWhileTakingOver() throws Exception {
    underLoad();
    Hold fencings = hold(GATE.holdAnswers(lanes(ApiKeys.INIT_PRODUCER_ID)));
    killOwner();
    // It has fenced its predecessor, and does not know it yet.
    await().atMost(PATIENCE).until(() -> fencings.clients().size() == LANES);

    fencings.catchNoMore();
    Hold reads = hold(GATE.holdAnswers(this::isTail));
    killOwner();
    fencings.drop();
    // It is reading what was committed since the checkpoint.
    await().atMost(PATIENCE).until(() -> reads.clients().size() == LANES);

    reads.catchNoMore();
    killOwner();
    reads.drop();
    load.awaitVerdicts(SOME);
    load.stopAndAudit();
  }

  @Tag("extended")
  @Test
  void killedInACheckpointThatOneSubtaskHasCommittedForAndTheOtherHasNot() throws Exception {
    underLoad();
    Hold commits = hold(GATE.holdRequests(lane(ApiKeys.END_TXN, LANES - 1)));
    await().atMost(PATIENCE).until(() -> commits.clients().size() == 1);
    long completed = flink().checkpoints(turnstile.jobId()).completed();
    CompletableFuture<Void> checkpoint =
        CompletableFuture.runAsync(() -> flink().checkpoint(turnstile.jobId(), PATIENCE))
            .exceptionally(aborted -> null);
    await().atMost(PATIENCE).until(this::isHalfAcknowledged);

    killOwner();
    commits.drop();
    load.awaitVerdicts(SOME);
    assertThat(flink().checkpoints(turnstile.jobId()).completed()).isEqualTo(completed);
    checkpoint.join();
    load.stopAndAudit();
  }

  /** True if a checkpoint in progress has the turnstile's first subtask and lacks its second. */
  private boolean isHalfAcknowledged() {
    JsonNode newest =
        flink().get("jobs/" + turnstile.jobId() + "/checkpoints").path("history").path(0);
    if (!newest.path("status").asText().equals("IN_PROGRESS")) {
      return false;
    }
    JsonNode details =
        flink()
            .get("jobs/" + turnstile.jobId() + "/checkpoints/details/" + newest.path("id").asText())
            .path("tasks");
    int complete = 0;
    int half = 0;
    for (JsonNode task : details) {
      int acknowledged = task.path("num_acknowledged_subtasks").asInt();
      complete += acknowledged == task.path("num_subtasks").asInt() ? 1 : 0;
      half += acknowledged == 1 && task.path("num_subtasks").asInt() == 2 ? 1 : 0;
    }
    return half == 1 && complete == details.size() - 1;
  }

  @Test
  void zombieThatWakesUpAfterItsSuccessorHasWrittenCommitsNothing() throws Exception {
    underLoad();
    TestbedProcess zombie = owner();
    Hold commits = hold(GATE.holdRequests(lanes(ApiKeys.END_TXN)));
    await().atMost(PATIENCE).until(() -> commits.clients().size() == LANES);
    testbed().pause(zombie);
    commits.catchNoMore();
    // Flink gives it up, and its successor decides and commits.
    load.awaitVerdicts(SOME);
    assertThat(testbed().isAlive(zombie)).isTrue();

    testbed().resume(zombie);
    commits.deliver();
    assertRefused(commits);
    load.awaitVerdicts(SOME);
    load.stopAndAudit();
    testbed().kill(zombie);
    replacement = CompletableFuture.supplyAsync(() -> testbed().startTaskManager());
  }

  /** Two round trips to a commit: nearly a second. */
  @Tag("extended")
  @Test
  void networkThatTakesTwoHundredMillisecondsEachWayOnlyMakesVerdictsLate() throws Exception {
    underLoad();
    Optional<Instant> failed = lastFailure();
    Duration each = Duration.ofMillis(200);
    GATE.delay(each);
    load.awaitVerdicts(SOME);
    long asked = System.nanoTime();
    assertThat(transactionState(0)).isNotNull();
    assertThat(Duration.ofNanos(System.nanoTime() - asked)).isGreaterThan(each.multipliedBy(2));
    flink().checkpoint(turnstile.jobId(), PATIENCE);
    load.awaitVerdicts(SOME);
    assertThat(lastFailure()).isEqualTo(failed);

    killOwner();
    load.awaitVerdicts(SOME);
    GATE.delay(Duration.ZERO);
    load.stopAndAudit();
  }

  private Optional<Instant> lastFailure() {
    return flink().failures(turnstile.jobId()).stream()
        .map(FlinkRest.Failure::time)
        .max(Comparator.naturalOrder());
  }

  /** The first copy is committed, the second not yet read: replayed in the other order. */
  @Tag("extended")
  @Test
  void duplicateThatComesFirstOnReplayIsStillTheDuplicate() throws Exception {
    turnstile.publishProduct("p-1");
    flink().checkpoint(turnstile.jobId(), PATIENCE);
    try (LedgerWriter ledger = new LedgerWriter(ledger())) {
      Hold second = hold(GATE.holdAnswers(reading(1)));
      await().atMost(PATIENCE).until(() -> !second.held().isEmpty());
      // Of the partitions that the second subtask reads, none gets a verdict now.
      List<SourcePosition> probes = probes(ledger, "before");
      await().atMost(PATIENCE).until(() -> decided(probes).size() == LANES / 2);
      int partition = decided(probes).get(0).partition();
      int otherPartition =
          probes.stream()
              .filter(probe -> !decided(probes).contains(probe))
              .findFirst()
              .orElseThrow()
              .partition();

      Transaction twice = turnstile.transaction("t-twice", "c-twice", "p-1", 1);
      long group = ledger.nextGroup();
      SourcePosition first = send(ledger, group, twice, partition, "ACCEPTED");
      SourcePosition copy = send(ledger, group, twice, otherPartition, "DUPLICATE_ID");
      assertThat(turnstile.verdicts().of(first).result()).isEqualTo("ACCEPTED");
      assertThat(decided(List.of(copy))).isEmpty();

      Hold firstAgain = hold(GATE.holdAnswers(reading(0)));
      await().atMost(PATIENCE).until(() -> firstAgain.held().size() == 1);
      killOwner();
      second.drop();
      assertThat(turnstile.verdicts().of(copy).result()).isEqualTo("DUPLICATE_ID");
      // The new process has asked for the first copy's partition as well, and waits.
      await().atMost(PATIENCE).until(() -> firstAgain.held().size() > 1);
      List<SourcePosition> later = probes(ledger, "after");
      await().atMost(PATIENCE).until(() -> decided(later).size() == LANES / 2);
      assertThat(decided(later))
          .extracting(SourcePosition::partition)
          .contains(otherPartition)
          .doesNotContain(partition);

      firstAgain.drop();
      await().atMost(PATIENCE).until(() -> decided(later).size() == LANES);
      assertThat(turnstile.verdicts().of(first).result()).isEqualTo("ACCEPTED");
    }
    turnstile.audit(ledger());
  }

  /** Fetching of transactions by that subtask of the source. */
  private Predicate<Request> reading(int subtask) {
    String client = turnstile.groupId() + "-transactions-" + subtask;
    return request -> request.api() == ApiKeys.FETCH && request.clientId().equals(client);
  }

  /** Sends an acceptable transaction to every partition. */
  private List<SourcePosition> probes(LedgerWriter ledger, String name) throws Exception {
    List<SourcePosition> probes = new ArrayList<>();
    for (int partition = 0; partition < LANES; partition++) {
      Transaction probe =
          turnstile.transaction("t-" + name, "c-" + name + partition, "p-1", partition);
      probes.add(send(ledger, ledger.nextGroup(), probe, partition, "ACCEPTED"));
    }
    return probes;
  }

  private SourcePosition send(
      LedgerWriter ledger, long group, Transaction transaction, int partition, String outcome)
      throws Exception {
    long seq = ledger.add(group, 1, Set.of(outcome));
    ledger.flush();
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            turnstile.topics().transactions(),
            partition,
            null,
            TransactionCodec.encode(transaction));
    record
        .headers()
        .add(LedgerEntry.HEADER, Long.toString(seq).getBytes(StandardCharsets.US_ASCII));
    long offset = turnstile.producer().send(record).get().offset();
    return new SourcePosition(record.topic(), partition, offset);
  }

  private List<SourcePosition> decided(List<SourcePosition> positions) {
    return positions.stream().filter(turnstile.verdicts()::has).toList();
  }

  @Tag("long")
  @Test
  void brokerAwayForLongerThanTheTransactionTimeout() throws Exception {
    Duration timeout = Duration.ofSeconds(3);
    turnstile = deployment("outage.", "--transaction-timeout", timeout.toMillis() + "ms");
    underLoad();
    Hold commits = hold(GATE.holdRequests(lanes(ApiKeys.END_TXN)));
    await().atMost(PATIENCE).until(() -> commits.clients().size() == LANES);
    testbed().stop(TestbedProcess.BROKER);
    long stopped = System.nanoTime();
    await()
        .atMost(PATIENCE)
        .until(() -> System.nanoTime() - stopped > timeout.multipliedBy(2).toNanos());
    testbed().start(TestbedProcess.BROKER);
    for (int lane = 0; lane < LANES; lane++) {
      int each = lane;
      await()
          .atMost(PATIENCE)
          .until(() -> transactionState(each) == TransactionState.COMPLETE_ABORT);
    }
    commits.deliver();
    load.awaitVerdicts(SOME);
    assertThat(flink().failures(turnstile.jobId()))
        .extracting(FlinkRest.Failure::stackTrace)
        .anyMatch(trace -> trace.contains("after 3 s the broker aborts it"));
    load.stopAndAudit();
  }

  private Hold hold(Hold hold) {
    holds.add(hold);
    return hold;
  }

  /** Requests of that kind by the owner of any lane. */
  private Predicate<Request> lanes(ApiKeys api) {
    return IntStream.range(0, LANES)
        .mapToObj(lane -> lane(api, lane))
        .reduce(Predicate::or)
        .orElseThrow();
  }

  private Predicate<Request> lane(ApiKeys api, int lane) {
    return request -> request.api() == api && request.clientId().equals(clientId(lane));
  }

  /** Reading of what was committed to a lane since the checkpoint. */
  private boolean isTail(Request request) {
    return request.api() == ApiKeys.FETCH
        && IntStream.range(0, LANES)
            .anyMatch(lane -> request.clientId().equals(clientId(lane) + "-tail"));
  }

  private String clientId(int lane) {
    return "turnstile-" + transactionalId(lane);
  }

  private String transactionalId(int lane) {
    return turnstile.topics().accepted() + "-lane-" + lane;
  }

  private TransactionState transactionState(int lane) throws Exception {
    String id = transactionalId(lane);
    try (Admin admin = turnstile.admin()) {
      return admin.describeTransactions(List.of(id)).description(id).get().state();
    }
  }

  /** Over the three topics of a lane. */
  private long end(int lane, IsolationLevel isolation) throws Exception {
    long sum = 0;
    try (Admin admin = turnstile.admin()) {
      for (String topic : turnstile.topics().verdicts()) {
        TopicPartition partition = new TopicPartition(topic, lane);
        sum +=
            admin
                .listOffsets(
                    Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(isolation))
                .partitionResult(partition)
                .get()
                .offset();
      }
    }
    return sum;
  }

  private static void killOwner() {
    TestbedProcess owner = owner();
    testbed().kill(owner);
    replacement = CompletableFuture.supplyAsync(() -> testbed().startTaskManager());
  }

  /** The TaskManager that has the shared job; the other one is ready to take over. */
  private static TestbedProcess owner() {
    replacement.join();
    List<String> busy =
        flink().taskManagers().stream()
            .filter(each -> each.freeSlots() == 0)
            .map(FlinkRest.TaskManager::id)
            .toList();
    List<TestbedProcess> owners =
        testbed().taskManagers().stream()
            .filter(target -> busy.contains(target.toString()))
            .toList();
    assertThat(owners).hasSize(1);
    return owners.get(0);
  }

  private static Testbed testbed() {
    return TESTBED.testbed();
  }

  private static FlinkRest flink() {
    return TESTBED.testbed().flink();
  }
}
