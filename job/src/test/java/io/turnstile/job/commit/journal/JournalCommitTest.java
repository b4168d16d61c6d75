package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Customer;
import io.turnstile.events.Outcome;
import io.turnstile.job.commit.checkpoint.CheckpointCommit;
import io.turnstile.job.decide.DecisionFixture;
import io.turnstile.job.decide.DecisionOperatorFactory;
import io.turnstile.job.decide.DecisionSettings;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.harness.OperatorUnderTest.Checkpoint;
import io.turnstile.job.harness.Samples;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.validate.DecisionInput;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.io.network.partition.ResultPartitionType;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole operator in Flink's harness, over a journal in memory. */
class JournalCommitTest {

  private static final int LANES = 4;
  private static final long START = 1_000_000;

  private final InMemoryJournal journal = new InMemoryJournal(LANES);
  private JournalSettings settings = TestSettings.DEFAULT;
  private OperatorUnderTest<DecisionInput, Reference<Customer>, Verdict> operator;

  @AfterEach
  void crash() {
    if (operator != null) {
      operator.close();
      operator = null;
    }
  }

  private void start() throws Exception {
    start(1, null);
  }

  private void start(int parallelism, Checkpoint checkpoint) throws Exception {
    start(parallelism, checkpoint, true);
  }

  private void start(int parallelism, Checkpoint checkpoint, boolean toJournal) throws Exception {
    DecisionSettings turnstile =
        new DecisionSettings(
            new DedupSettings(Duration.ofHours(1), Duration.ofMinutes(10), Duration.ofHours(1)),
            false,
            DecisionFixture.WAITS,
            Duration.ofHours(1),
            false);
    operator =
        OperatorUnderTest.start(
            new OperatorUnderTest.Spec<>(
                toJournal
                    ? new DecisionOperatorFactory(
                        turnstile,
                        new FakeReferenceTopic<>(),
                        JournalCommit.factory(settings, (lanes, metrics) -> journal))
                    : new DecisionOperatorFactory(
                        turnstile, new FakeReferenceTopic<>(), CheckpointCommit::new),
                DecisionInput.TYPE,
                decisionInput -> decisionInput.metadata().routingKey(),
                ReferenceKind.CUSTOMER.type(),
                Reference::key,
                Verdict.TYPE,
                LANES),
            START,
            parallelism,
            new HashMapStateBackend(),
            checkpoint);
  }

  private void restart(Checkpoint checkpoint) throws Exception {
    crash();
    start(1, checkpoint);
  }

  /** The input at an offset; its id and customer are made of the numbers given. */
  private static DecisionInput input(long offset, int customer, int id) {
    return Samples.enriched(
        Samples.transaction("customer-" + customer, "id-" + id, "product", 100 + id),
        0,
        offset,
        START);
  }

  private void awaitCommitted(int verdicts) throws Exception {
    await()
        .pollInSameThread()
        .untilAsserted(
            () -> {
              operator.advance(1);
              operator.runMails();
              assertThat(journal.committed()).hasSize(verdicts);
            });
  }

  private List<Long> committedOffsets() {
    return journal.committed().stream()
        .map(verdict -> verdict.position().offset())
        .sorted()
        .toList();
  }

  private Outcome outcomeOf(long offset) {
    List<Verdict> verdicts =
        journal.committed().stream().filter(v -> v.position().offset() == offset).toList();
    assertThat(verdicts).hasSize(1);
    return verdicts.get(0).outcome();
  }

  @Test
  void verdictsAreCommittedLongBeforeACheckpoint() throws Exception {
    start();
    operator.first(input(0, 1, 1));
    assertThat(journal.committed()).isEmpty();
    awaitCommitted(1);
    assertThat(operator.take()).isEmpty();
  }

  @Test
  void latencyIsMeasuredToTheAcknowledgedCommit() throws Exception {
    start();
    CountDownLatch gate = new CountDownLatch(1);
    journal.commitGate = gate;
    operator.first(input(0, 1, 1));
    operator.advance(20);
    // Held: belongs to the next commit.
    operator.first(input(1, 1, 2));
    operator.advance(20);
    operator.runMails();
    assertThat(operator.gauge("le.Inf.committedLatencyMillisBucket")).isZero();
    gate.countDown();
    awaitCommitted(2);
    operator.checkpoint();
    assertThat(operator.gauge("le.30.committedLatencyMillisBucket")).isZero();
    assertThat(operator.gauge("le.Inf.committedLatencyMillisBucket")).isEqualTo(2);
  }

  @Test
  void checkpointAgeIsThatOfTheNewestCompleteOne() throws Exception {
    start();
    operator.advance(10);
    Checkpoint checkpoint = operator.checkpoint();
    // Without one, a restart reads all since the start.
    assertThat(operator.gauge("checkpointTimeMillis")).isEqualTo(START);
    operator.advance(10);
    operator.completeCheckpoint();
    assertThat(operator.gauge("checkpointTimeMillis")).isEqualTo(START + 10);
    restart(checkpoint);
    assertThat(operator.gauge("checkpointTimeMillis")).isEqualTo(START + 10);
  }

  @Test
  void checkpointThatBeganMeanwhileDoesNotCountAsComplete() throws Exception {
    start();
    operator.advance(10);
    operator.checkpoint();
    operator.advance(10);
    operator.checkpoint();
    operator.completeCheckpoint(1);
    assertThat(operator.gauge("checkpointTimeMillis")).isEqualTo(START + 10);
    operator.completeCheckpoint(2);
    assertThat(operator.gauge("checkpointTimeMillis")).isEqualTo(START + 20);
  }

  @Test
  void idleLaneCommitsNothing() throws Exception {
    start();
    operator.first(input(0, 1, 1));
    awaitCommitted(1);
    long slots = slots();
    operator.advance(1_000);
    operator.runMails();
    operator.checkpoint();
    assertThat(slots()).isEqualTo(slots);
    assertThat(operator.timers()).isZero();
  }

  private long slots() {
    return journal.lanes.stream().flatMap(lane -> lane.parts.stream()).mapToLong(List::size).sum();
  }

  @Test
  void inputCommittedSinceTheCheckpointGetsNoSecondVerdict() throws Exception {
    start();
    Checkpoint checkpoint = operator.checkpoint();
    operator.first(input(0, 1, 1));
    awaitCommitted(1);
    restart(checkpoint);
    operator.first(input(0, 1, 1));
    operator.first(input(1, 1, 2));
    operator.checkpoint();
    assertThat(committedOffsets()).containsExactly(0L, 1L);
  }

  @Test
  void acceptanceCommittedSinceTheCheckpointTurnsItsDuplicateAway() throws Exception {
    start();
    Checkpoint checkpoint = operator.checkpoint();
    operator.first(input(0, 1, 1));
    awaitCommitted(1);
    restart(checkpoint);
    // On replay, the copy comes before the one that was accepted.
    operator.first(input(1, 1, 1));
    operator.first(input(0, 1, 1));
    operator.checkpoint();
    assertThat(outcomeOf(0)).isEqualTo(Outcome.ACCEPTED);
    assertThat(outcomeOf(1)).isEqualTo(Outcome.REJECTED);
  }

  @Test
  void inputStillToComeByIsPartOfTheNextCheckpoint() throws Exception {
    start();
    Checkpoint checkpoint = operator.checkpoint();
    operator.first(input(0, 1, 1));
    awaitCommitted(1);
    restart(checkpoint);
    restart(operator.checkpoint());
    // Neither time nor later inputs let it be forgotten.
    operator.advance(Duration.ofDays(30).toMillis());
    operator.first(input(1, 1, 2));
    restart(operator.checkpoint());
    operator.first(input(0, 1, 1));
    operator.checkpoint();
    assertThat(committedOffsets()).containsExactly(0L, 1L);
  }

  @Test
  void lanesFollowTheirKeysOnRescale() throws Exception {
    start();
    Checkpoint checkpoint = operator.checkpoint();
    for (int i = 0; i < 20; i++) {
      operator.first(input(i, i, i));
    }
    awaitCommitted(20);
    long offset = 20;
    for (int parallelism : new int[] {2, 3, 4, 1}) {
      crash();
      start(parallelism, checkpoint);
      checkpoint = operator.checkpoint();
      operator.first(input(offset, (int) offset, (int) offset));
      offset++;
    }
    restart(checkpoint);
    for (int i = 0; i < offset; i++) {
      operator.first(input(i, i, i));
    }
    operator.checkpoint();
    assertThat(committedOffsets()).doesNotHaveDuplicates().hasSize((int) offset);
  }

  @Test
  void checkpointWaitsForTheCommitInFlightAndCommitsWhatWasHeld() throws Exception {
    start();
    CountDownLatch gate = new CountDownLatch(1);
    journal.commitGate = gate;
    operator.first(input(0, 1, 1));
    operator.advance(20);
    operator.first(input(1, 1, 2));
    assertThat(operator.gauge("heldBytes")).isPositive();
    assertThat(journal.committed()).isEmpty();
    Thread opener = new Thread(gate::countDown);
    opener.start();
    operator.checkpoint();
    opener.join();
    assertThat(committedOffsets()).containsExactly(0L, 1L);
    assertThat(operator.gauge("heldBytes")).isZero();
  }

  @Test
  void fullMemoryWaitsForTheCommit() throws Exception {
    settings = TestSettings.withMaxHeldBytes(1);
    start();
    CountDownLatch gate = new CountDownLatch(1);
    journal.commitGate = gate;
    operator.first(input(0, 1, 1));
    operator.advance(20);
    Thread opener = new Thread(gate::countDown);
    opener.start();
    operator.first(input(1, 1, 2));
    opener.join();
    // The first commit must have ended before the second verdict could be taken.
    assertThat(committedOffsets()).containsExactly(0L);
    assertThat(operator.gauge("heldBytes")).isZero();
  }

  @Test
  void failedCommitFailsTheTaskWithoutFurtherInput() throws Exception {
    start();
    journal.commitFailure = new JournalException("the commit was refused");
    operator.first(input(0, 1, 1));
    operator.advance(20);
    assertThatThrownBy(
            () ->
                await()
                    .pollInSameThread()
                    .until(
                        () -> {
                          operator.runMails();
                          return false;
                        }))
        .hasStackTraceContaining("the commit was refused");
    assertThat(operator.gauge("commitFailures")).isPositive();
  }

  @Test
  void noSnapshotSucceedsAfterFailedCommit() throws Exception {
    start();
    journal.commitFailure = new JournalException("the commit was refused");
    operator.first(input(0, 1, 1));
    assertThatThrownBy(() -> operator.checkpoint()).hasMessageContaining("the commit was refused");
    journal.commitFailure = null;
    assertThatThrownBy(() -> operator.checkpoint()).isInstanceOf(Exception.class);
  }

  @Test
  void noSnapshotSucceedsWhileReadersDoNotSeeWhatIsCommitted() throws Exception {
    start();
    journal.invisible = new JournalException("readers do not see it");
    operator.first(input(0, 1, 1));
    assertThatThrownBy(() -> operator.checkpoint()).hasMessageContaining("readers do not see it");
    assertThat(operator.gauge("commitFailures")).isPositive();
  }

  @Test
  void failureInTheBackgroundSurfacesBeforeTheNextRecord() throws Exception {
    start();
    long before = operator.gauge("commitFailures");
    journal.lanes.get(0).owner.failInBackground(new JournalException("a send failed"));
    assertThatThrownBy(() -> operator.first(input(0, 1, 1))).hasMessage("a send failed");
    assertThatThrownBy(() -> operator.runMails()).hasStackTraceContaining("a send failed");
    assertThatThrownBy(() -> operator.checkpoint()).hasMessage("a send failed");
    assertThat(operator.gauge("commitFailures")).isEqualTo(before + 1);
  }

  @Test
  void failedCommitSurfacesBeforeTheNextRecord() throws Exception {
    start();
    journal.commitFailure = new JournalException("the commit was refused");
    operator.first(input(0, 1, 1));
    operator.advance(20);
    assertThatThrownBy(
            () -> await().pollInSameThread().until(() -> sends(input(1, 1, 2)), sent -> false))
        .hasStackTraceContaining("the commit was refused");
    assertThat(journal.committed()).isEmpty();
  }

  private boolean sends(DecisionInput input) throws Exception {
    operator.first(input);
    return true;
  }

  @Test
  void zombieFailsWithItsNextCommit() throws Exception {
    start();
    Checkpoint checkpoint = operator.checkpoint();
    OperatorUnderTest<DecisionInput, Reference<Customer>, Verdict> zombie = operator;
    zombie.first(input(0, 1, 1));
    start(1, checkpoint);
    assertThatThrownBy(zombie::checkpoint).hasMessageContaining("has another owner");
    operator.first(input(0, 1, 1));
    operator.checkpoint();
    assertThat(committedOffsets()).containsExactly(0L);
    zombie.close();
  }

  @Test
  void checkpointOfAnotherJournalIsRefused() throws Exception {
    start();
    Checkpoint checkpoint = operator.checkpoint();
    crash();
    journal.identity.put("cluster id", "another");
    assertThatThrownBy(() -> start(1, checkpoint))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContaining("cluster id=was memory, is another");
  }

  @Test
  void checkpointOfTheJournalCannotBeRestoredInTheOtherMode() throws Exception {
    start();
    Checkpoint checkpoint = operator.checkpoint();
    crash();
    assertThatThrownBy(() -> start(1, checkpoint, false))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContaining("--commit journal");
  }

  /** With a savepoint, and new verdict topics or start offsets. */
  @Test
  void checkpointOfTheOtherModeCanBeRestored() throws Exception {
    start(1, null, false);
    operator.first(input(0, 1, 1));
    Checkpoint checkpoint = operator.checkpoint();
    restart(checkpoint);
    operator.first(input(1, 1, 1));
    operator.checkpoint();
    assertThat(outcomeOf(1)).isEqualTo(Outcome.REJECTED);
  }

  @Test
  void jobWithoutExactlyOnceCheckpointsIsRefused() {
    assertThat(ExactlyOnceGuard.problem(CheckpointingMode.AT_LEAST_ONCE, List.of()))
        .contains("exactly-once");
    assertThat(
            ExactlyOnceGuard.problem(
                CheckpointingMode.EXACTLY_ONCE, List.of(ResultPartitionType.PIPELINED_BOUNDED)))
        .isNull();
  }

  @Test
  void jobWithBlockingExchangeIsRefused() {
    assertThat(
            ExactlyOnceGuard.problem(
                CheckpointingMode.EXACTLY_ONCE,
                List.of(ResultPartitionType.PIPELINED_BOUNDED, ResultPartitionType.BLOCKING)))
        .contains("BLOCKING");
  }

  @Test
  void metricsTellOfCommitsAndSuppressedInputs() throws Exception {
    start();
    Checkpoint checkpoint = operator.checkpoint();
    operator.first(input(0, 1, 1));
    assertThat(operator.gauge("uncommittedVerdicts")).isOne();
    awaitCommitted(1);
    restart(checkpoint);
    assertThat(operator.gauge("takeOverVerdicts")).isOne();
    assertThat(operator.gauge("decidedAhead")).isOne();
    operator.first(input(0, 1, 1));
    assertThat(operator.gauge("decidedAhead")).isZero();
    assertThat(operator.gauge("uncommittedVerdicts")).isZero();
  }

  @Test
  void inputThatComesAsDecidedIsDroppedOnceAndEndsTheAttemptIfItIsNot() throws Exception {
    start();
    Checkpoint checkpoint = operator.checkpoint();
    operator.first(input(0, 1, 1));
    awaitCommitted(1);
    restart(checkpoint);
    DecisionInput decided = new DecisionInput.AlreadyDecided(input(0, 1, 1).metadata());

    operator.first(decided);

    assertThat(operator.gauge("decidedAhead")).isZero();
    assertThatThrownBy(() -> operator.first(decided))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("transactions/0/0 came as decided");
    assertThat(journal.committed()).hasSize(1);
  }

  @Test
  void whatNoRestartCuresEndsTheJob() throws Exception {
    journal.writeForeign(
        1,
        new Verdict(
            1,
            input(0, 1, 1).metadata().position(),
            Outcome.REJECTED,
            START,
            null,
            null,
            null,
            null),
        OptionalLong.empty());
    assertThatThrownBy(this::start)
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContaining("lane 1")
        .hasMessageContaining("--commit checkpoint");
  }

  @Test
  void endOfInputCommitsAndClosingDoesNot() throws Exception {
    start();
    operator.first(input(0, 1, 1));
    operator.endInputs();
    operator.finish();
    operator.first(input(1, 1, 2));
    crash();
    assertThat(committedOffsets()).containsExactly(0L);
    assertThat(journal.lanes).allMatch(lane -> lane.owner.isClosed());
  }

  @Test
  @Timeout(30)
  void closingDoesNotWaitForACommitThatHangs() throws Exception {
    start();
    journal.commitGate = new CountDownLatch(1);
    operator.first(input(0, 1, 1));
    operator.advance(20);
    crash();
    assertThat(journal.committed()).isEmpty();
  }
}
