package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.turnstile.clients.Generation;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Customer;
import io.turnstile.events.Outcome;
import io.turnstile.job.decide.DecisionFixture;
import io.turnstile.job.decide.DecisionOperator;
import io.turnstile.job.decide.DecisionSettings;
import io.turnstile.job.decide.StandbySignal;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.harness.OperatorUnderTest.Checkpoint;
import io.turnstile.job.harness.Samples;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.validate.DecisionInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Operators of two jobs side by side, over a journal in memory. */
@Timeout(60)
class SuccessionTest {

  private static final int LANES = 4;
  private static final long START = 1_000_000;

  private final InMemoryJournal journal = new InMemoryJournal(LANES);
  private final List<OperatorUnderTest<?, ?, ?>> open = new ArrayList<>();

  @AfterEach
  void crash() {
    open.forEach(OperatorUnderTest::close);
  }

  private OperatorUnderTest<DecisionInput, Reference<Customer>, Verdict> start(
      JournalSettings settings, Checkpoint checkpoint) throws Exception {
    DecisionSettings turnstile =
        new DecisionSettings(
            new DedupSettings(Duration.ofHours(1), null, Duration.ofHours(1)),
            false,
            DecisionFixture.WAITS,
            Duration.ofHours(1),
            false);
    OperatorUnderTest<DecisionInput, Reference<Customer>, Verdict> operator =
        OperatorUnderTest.start(
            new OperatorUnderTest.Spec<>(
                new DecisionOperator.Factory(
                    turnstile,
                    new FakeReferenceTopic<>(),
                    JournalCommit.factory(settings, (lanes, metrics) -> journal)),
                DecisionInput.TYPE,
                decisionInput -> decisionInput.metadata().routingKey(),
                ReferenceKind.CUSTOMER.type(),
                Reference::key,
                Verdict.TYPE,
                LANES),
            START,
            1,
            new HashMapStateBackend(),
            checkpoint);
    open.add(operator);
    return operator;
  }

  /** Each has a job id of its own. */
  private OperatorUnderTest<DecisionInput, Reference<Customer>, Verdict> start(
      long generation, Checkpoint checkpoint) throws Exception {
    return start(TestSettings.withGeneration(generation), checkpoint);
  }

  private static DecisionInput input(long offset, int id) {
    return Samples.enriched(
        Samples.transaction("customer", "id-" + id, "product", id), 0, offset, START);
  }

  private List<Long> committedOffsets() {
    return journal.committed().stream()
        .map(verdict -> verdict.position().offset())
        .sorted()
        .toList();
  }

  private void awaitBehind(OperatorUnderTest<?, ?, ?> operator, long inputs) {
    await()
        .pollInSameThread()
        .untilAsserted(
            () -> {
              operator.runMails();
              assertThat(operator.gauge("decidedAhead")).isEqualTo(inputs);
            });
  }

  @Test
  void firstJobTakesOverAtOnceAndIsKnown() throws Exception {
    var first = start(1, null);
    assertThat(first.gauge("standingBy")).isZero();
    assertThat(journal.owners().values())
        .extracting(Generation::number)
        .containsOnly(1L)
        .hasSize(LANES);
  }

  @Test
  void jobWithoutGenerationLeavesNoTrace() throws Exception {
    var first = start(TestSettings.DEFAULT, null);
    first.first(input(0, 0));
    first.checkpoint();
    assertThat(journal.owners()).isEmpty();
  }

  @Test
  void secondJobDropsWhatTheFirstDecidesAndDecidesTheRest() throws Exception {
    var first = start(1, null);
    Checkpoint savepoint = first.checkpoint();
    first.first(input(0, 0));
    first.checkpoint();
    var second = start(2, savepoint);
    assertThat(second.gauge("standingBy")).isOne();
    assertThat(second.gauge("decidedAhead")).isOne();

    second.first(input(0, 0));
    assertThat(second.gauge("decidedAhead")).isZero();
    second.first(input(1, 1));
    second.first(input(2, 0));
    first.first(input(1, 1));
    first.checkpoint();
    awaitBehind(second, 0);
    assertThat(committedOffsets()).containsExactly(0L, 1L);
    // Never committed: the take-over aborts it.
    first.first(input(2, 0));

    second.event(StandbySignal.TAKE_OVER);
    second.runMails();
    assertThat(second.gauge("standingBy")).isZero();
    second.first(input(3, 3));
    second.checkpoint();
    assertThat(committedOffsets()).containsExactly(0L, 1L, 2L, 3L);
    // It knows what the first has accepted.
    assertThat(journal.committed())
        .filteredOn(verdict -> verdict.outcome() == Outcome.REJECTED)
        .extracting(verdict -> verdict.position().offset())
        .containsExactly(2L);
  }

  @Test
  void replacedJobStopsForGoodAtItsNextCommitAndAtARestart() throws Exception {
    var first = start(1, null);
    Checkpoint savepoint = first.checkpoint();
    var second = start(2, savepoint);
    second.event(StandbySignal.TAKE_OVER);
    second.runMails();

    assertThatThrownBy(
            () -> {
              first.first(input(0, 0));
              first.checkpoint();
            })
        .isInstanceOf(SuppressRestartsException.class)
        .hasStackTraceContaining("stops for good");
    assertThatThrownBy(() -> start(1, savepoint))
        .isInstanceOf(SuppressRestartsException.class)
        .hasStackTraceContaining("generation 2")
        .hasStackTraceContaining("start it with a --generation above 2");
    second.first(input(0, 0));
    second.checkpoint();
    assertThat(committedOffsets()).containsExactly(0L);
  }

  @Test
  void equalNumberOfAnotherJobIsRefused() throws Exception {
    var first = start(1, null);
    Checkpoint savepoint = first.checkpoint();
    assertThatThrownBy(() -> start(1, savepoint))
        .isInstanceOf(SuppressRestartsException.class)
        .hasStackTraceContaining("stops for good");
    first.first(input(0, 0));
    first.checkpoint();
    assertThat(committedOffsets()).containsExactly(0L);
  }

  @Test
  void jobWithoutGenerationIsReplacedToo() throws Exception {
    var first = start(TestSettings.DEFAULT, null);
    Checkpoint savepoint = first.checkpoint();
    var second = start(1, savepoint);
    assertThat(second.gauge("standingBy")).isOne();
    second.event(StandbySignal.TAKE_OVER);
    second.runMails();
    second.first(input(0, 0));
    second.checkpoint();
    assertThatThrownBy(
            () -> {
              first.first(input(0, 0));
              first.checkpoint();
            })
        .hasStackTraceContaining("has another owner");
    assertThat(committedOffsets()).containsExactly(0L);
  }

  @Test
  void standbyThatIsClosedEndsItsThreads() throws Exception {
    var first = start(1, null);
    var second = start(2, first.checkpoint());
    open.remove(second);
    second.close();
    first.first(input(0, 0));
    first.checkpoint();
    assertThat(committedOffsets()).containsExactly(0L);
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().contains(" lane ") && isFollowing(thread));
  }

  private static boolean isFollowing(Thread thread) {
    return List.of(thread.getStackTrace()).stream()
        .anyMatch(frame -> frame.getMethodName().equals("follow"));
  }
}
