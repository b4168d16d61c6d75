package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.clients.Generation;
import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.reference.NamedReference;
import io.turnstile.decision.reference.ReferenceUpdate;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.decide.DecisionFixture;
import io.turnstile.job.decide.DecisionOperatorFactory;
import io.turnstile.job.decide.DecisionSettings;
import io.turnstile.job.decide.StandbySignal;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.enrich.ReferenceSettings;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.harness.OperatorUnderTest.Checkpoint;
import io.turnstile.job.harness.Samples;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceUpdateType;
import io.turnstile.job.validate.DecisionInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventDispatcher;
import org.apache.flink.runtime.operators.coordination.OperatorEventGateway;
import org.apache.flink.runtime.operators.coordination.OperatorEventHandler;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperatorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Operators of two jobs side by side, over a journal in memory. */
@Timeout(60)
class SuccessionTest {

  private static final int LANES = 4;
  private static final long START = 1_000_000;
  private static final int LARGE = 10 << 20;

  /** So many of that size are more than is held. */
  private static final int FULL_AT = 7;

  private final InMemoryJournal journal = new InMemoryJournal(LANES);
  private final List<OperatorUnderTest<?, ?, ?>> open = new ArrayList<>();

  /** What the operators of all jobs have said to their coordinators. */
  private final List<OperatorEvent> said = new CopyOnWriteArrayList<>();

  /** Named references of the jobs that are started. */
  private List<ReferenceSettings> references = List.of();

  @AfterEach
  void crash() {
    open.forEach(OperatorUnderTest::close);
  }

  private OperatorUnderTest<DecisionInput, ReferenceUpdate, Verdict> start(
      JournalSettings settings, Checkpoint checkpoint) throws Exception {
    DecisionSettings turnstile =
        new DecisionSettings(
            new DedupSettings(Duration.ofHours(1), null, Duration.ofHours(1)),
            false,
            DecisionFixture.WAITS,
            Duration.ofHours(1),
            false);
    OperatorUnderTest<DecisionInput, ReferenceUpdate, Verdict> operator =
        OperatorUnderTest.start(
            new OperatorUnderTest.Spec<>(
                new Overheard(
                    new DecisionOperatorFactory(
                        turnstile,
                        new FakeReferenceTopic<>(),
                        references,
                        JournalCommit.factory(settings, (lanes, metrics) -> journal)),
                    said),
                DecisionInput.TYPE,
                decisionInput -> decisionInput.metadata().routingKey(),
                ReferenceUpdateType.of(ReferenceKind.CUSTOMER),
                ReferenceUpdate::key,
                Verdict.TYPE,
                LANES),
            START,
            1,
            new HashMapStateBackend(),
            checkpoint);
    open.add(operator);
    return operator;
  }

  /** Notes what an operator says to its coordinator. */
  private static final class Overheard extends AbstractStreamOperatorFactory<Verdict>
      implements TwoInputStreamOperatorFactory<DecisionInput, ReferenceUpdate, Verdict> {

    private final transient DecisionOperatorFactory factory;
    private final transient List<OperatorEvent> said;

    Overheard(DecisionOperatorFactory factory, List<OperatorEvent> said) {
      this.factory = factory;
      this.said = said;
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals")
    public <T extends StreamOperator<Verdict>> T createStreamOperator(
        StreamOperatorParameters<Verdict> parameters) {
      return factory.createStreamOperator(
          new StreamOperatorParameters<>(
              parameters.getContainingTask(),
              parameters.getStreamConfig(),
              parameters.getOutput(),
              parameters::getProcessingTimeService,
              new OperatorEventDispatcher() {
                @Override
                public void registerEventHandler(OperatorID operator, OperatorEventHandler by) {
                  // The test calls it.
                }

                @Override
                public OperatorEventGateway getOperatorEventGateway(OperatorID operator) {
                  return said::add;
                }
              },
              parameters.getMailboxExecutor()));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
      return factory.getStreamOperatorClass(classLoader);
    }
  }

  /** Each has a job id of its own. */
  private OperatorUnderTest<DecisionInput, ReferenceUpdate, Verdict> start(
      long generation, Checkpoint checkpoint) throws Exception {
    return start(TestSettings.withGeneration(generation), checkpoint);
  }

  private static DecisionInput input(long offset, int id) {
    return input(offset, "customer", id);
  }

  private static DecisionInput input(long offset, String customer, int id) {
    return Samples.enriched(
        Samples.transaction(customer, "id-" + id, "product", id), 0, offset, START);
  }

  /** Jobs that are started from now on require a reference of the customer. */
  private void requireRisk() {
    references =
        List.of(
            Samples.reference(
                "risk", KeyedBy.CUSTOMER, true, DecisionFixture.WAITS, new FakeReferenceTopic<>()));
  }

  private static ReferenceUpdate risk(long offset, String customer, long version) {
    return new NamedReference("risk", Samples.documentAt(0, offset, customer, version));
  }

  private long riskVersion(long offset) throws Exception {
    return new ObjectMapper()
        .readTree(committed(offset).value())
        .at("/references/risk/version")
        .longValue();
  }

  private Verdict committed(long offset) {
    return journal.committed().stream()
        .filter(verdict -> verdict.position().offset() == offset)
        .findAny()
        .orElseThrow();
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
    said.clear();
    var second = start(2, savepoint);
    assertThat(said)
        .filteredOn(StandbySignal.class::isInstance)
        .containsExactly(StandbySignal.STANDS_BY);
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
  void heldInputIsJoinedWithReferencesWhenItIsReleased() throws Exception {
    requireRisk();
    var first = start(1, null);
    var second = start(2, first.checkpoint());
    second.first(input(0, 0));
    second.first(input(1, "other", 1));
    second.second(risk(0, "customer", 5));
    assertThat(second.gauge("heldInStandby")).isEqualTo(2);

    second.event(StandbySignal.TAKE_OVER);
    second.runMails();
    second.checkpoint();
    assertThat(committedOffsets()).containsExactly(0L);
    assertThat(riskVersion(0)).isEqualTo(5);
    second.second(risk(1, "other", 7));
    second.checkpoint();
    assertThat(committedOffsets()).containsExactly(0L, 1L);
    assertThat(riskVersion(1)).isEqualTo(7);
  }

  @Test
  void waitForAReferenceThatEndsBeforeTheTakeOverIsHeldAgain() throws Exception {
    requireRisk();
    var first = start(1, null);
    first.first(input(0, "customer", 0));
    first.first(input(1, "other", 1));
    first.first(input(2, "third", 2));
    var second = start(2, first.checkpoint());
    second.second(risk(0, "customer", 5));
    second.second(risk(1, "other", 7));
    second.advance(DecisionFixture.WAITS.minWait().toMillis());
    assertThat(second.gauge("heldInStandby")).isEqualTo(3);

    first.second(risk(0, "customer", 5));
    first.checkpoint();
    await()
        .pollInSameThread()
        .untilAsserted(
            () -> {
              second.runMails();
              assertThat(second.gauge("heldInStandby")).isEqualTo(2);
            });
    assertThat(committedOffsets()).containsExactly(0L);

    second.event(StandbySignal.TAKE_OVER);
    second.runMails();
    second.second(risk(2, "other", 8));
    second.checkpoint();
    assertThat(committedOffsets()).containsExactly(0L, 1L);
    assertThat(riskVersion(1)).isEqualTo(7);
    // It waits its full time again.
    second.advance(DecisionFixture.WAITS.minWait().toMillis());
    second.checkpoint();
    assertThat(committedOffsets()).containsExactly(0L, 1L, 2L);
    assertThat(VerdictCodec.decodeRejected(committed(2).value()).reason())
        .isEqualTo(RejectionReason.UNKNOWN_REFERENCE);
  }

  /** The first job does not decide what it holds, and what the first has decided does not come. */
  @Test
  void whoCanHoldNoMoreAsksForTheTakeOverAndLosesNothing() throws Exception {
    var first = start(1, null);
    Checkpoint savepoint = first.checkpoint();
    first.first(input(0, 0));
    first.checkpoint();
    var second = start(2, savepoint);
    said.clear();
    CompletableFuture<Void> coordinator =
        CompletableFuture.runAsync(
            () -> {
              await().until(() -> second.gauge("heldInStandby") == FULL_AT);
              await()
                  .until(
                      () -> {
                        second.advanceHeldUp(1_000);
                        return !said.isEmpty();
                      });
              second.event(StandbySignal.TAKE_OVER);
            });
    for (int offset = 1; offset <= FULL_AT; offset++) {
      // The last one is held until the take-over.
      second.first(largeInput(offset));
    }
    coordinator.get();
    assertThat(said).containsExactly(StandbySignal.FULL, StandbySignal.TAKEN_OVER);
    second.first(input(0, 0));
    second.checkpoint();
    assertThat(committedOffsets())
        .containsExactlyElementsOf(LongStream.rangeClosed(0, FULL_AT).boxed().toList());
  }

  private static DecisionInput largeInput(long offset) {
    return new DecisionInput.Unreadable(
        new InputMetadata(new SourcePosition("transactions", 0, offset), START, "customer"),
        null,
        new byte[LARGE],
        DeadLetterCode.TOO_LARGE,
        "message");
  }

  @Test
  void oneThreadFollowsAllLanes() throws Exception {
    var first = start(1, null);
    start(2, first.checkpoint());
    assertThat(followingThreads()).hasSize(1);
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
    assertThat(followingThreads()).isEmpty();
  }

  private static List<String> followingThreads() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(
            thread ->
                Stream.of(thread.getValue())
                    .anyMatch(frame -> frame.getMethodName().equals("follow")))
        .map(thread -> thread.getKey().getName())
        .filter(name -> name.contains(" lane "))
        .toList();
  }
}
