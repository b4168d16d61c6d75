package io.turnstile.job.enrich;

import static io.turnstile.job.harness.Samples.authenticated;
import static io.turnstile.job.harness.Samples.deleteAt;
import static io.turnstile.job.harness.Samples.productAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Product;
import io.turnstile.events.RejectionReason;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.harness.OperatorUnderTest.Checkpoint;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.validate.AuthenticatedTransaction;
import io.turnstile.job.validate.DecisionInput;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The wait for reference data, by the example of products. */
class ProductJoinOperatorTest {

  private static final long WAIT = 5_000;
  private static final long MAX_WAIT = 60_000;
  private static final long START = 1_000_000;
  static final int MAX_PARALLELISM = 8;

  private final FakeReferenceTopic<Product> inventory = new FakeReferenceTopic<>();
  private OperatorUnderTest<AuthenticatedTransaction, Reference<Product>, DecisionInput> enricher;

  @AfterEach
  void stop() {
    enricher.close();
  }

  @Test
  void knownProductIsAddedAtOnce() throws Exception {
    start();
    enricher.second(productAt(0, 0, "p", 1));
    enricher.first(authenticated("p", 0));
    assertThat(outcomes()).containsExactly("0 v1");
    assertNothingWaits();
  }

  @Test
  void productThatComesInTimeReleasesInTheOrderOfArrival() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    enricher.first(authenticated("p", 1));
    enricher.advance(WAIT - 1);
    enricher.first(authenticated("p", 2));
    assertThat(outcomes()).isEmpty();
    assertThat(enricher.gauge("waiting")).isEqualTo(3);

    enricher.second(productAt(0, 0, "p", 1));

    assertThat(outcomes()).containsExactly("0 v1", "1 v1", "2 v1");
    assertNothingWaits();
  }

  @Test
  void anotherProductReleasesNothing() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    enricher.second(productAt(0, 0, "q", 1));
    assertThat(outcomes()).isEmpty();
  }

  @Test
  void unknownProductIsRefusedWhenTheWaitIsOverAndNotBefore() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    enricher.advance(WAIT - 1);
    assertThat(outcomes()).isEmpty();
    enricher.advance(1);

    List<DecisionInput> refused = enricher.take();

    assertThat(refused)
        .containsExactly(
            new DecisionInput.Refused(
                authenticated("p", 0).metadata(),
                "id-0",
                "customer",
                RejectionReason.UNKNOWN_PRODUCT,
                "no product after waiting 5000 ms"));
    assertNothingWaits();
  }

  @Test
  void eachCandidateWaitsItsOwnTime() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    enricher.advance(1_000);
    enricher.first(authenticated("p", 1));
    enricher.advance(WAIT - 1_000);
    assertThat(outcomes()).containsExactly("0 unknown");
    enricher.advance(1_000);
    assertThat(outcomes()).containsExactly("1 unknown");
  }

  /** Whatever holds the source up: the topic is asked, not the clock. */
  @Test
  void productThatWasPublishedInTimeIsFoundThoughTheSourceHasNotReadIt() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    inventory.append(productAt(0, 0, "other", 1));
    inventory.append(productAt(0, 1, "p", 3));
    enricher.advance(WAIT);
    assertThat(outcomes()).containsExactly("0 v3");
    assertNothingWaits();
  }

  @Test
  void waitDoesNotEndWhileTheTopicIsReadSlowly() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    enricher.first(authenticated("q", 1));
    inventory.append(productAt(0, 0, "p", 3));
    inventory.holdUp();
    enricher.advanceHeldUp(MAX_WAIT - 1_000);
    assertThat(outcomes()).isEmpty();
    inventory.letGoOn();
    enricher.finishReadings();
    assertThat(outcomes()).containsExactly("0 v3", "1 unknown");
    assertNothingWaits();
  }

  @Test
  void productThatTheSourceDeliversDuringTheReadingEndsTheWait() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    inventory.holdUp();
    enricher.advanceHeldUp(WAIT);
    enricher.second(productAt(0, 0, "p", 1));
    assertThat(outcomes()).containsExactly("0 v1");
    inventory.letGoOn();
    enricher.finishReadings();
    assertThat(outcomes()).isEmpty();
    assertNothingWaits();
  }

  /** It was published after the end that the running reading goes up to was asked for. */
  @Test
  void elementThatIsDueDuringAReadingIsSettledByTheNextOne() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    enricher.advance(1_000);
    enricher.first(authenticated("q", 1));
    inventory.holdUp();
    enricher.advanceHeldUp(WAIT - 1_000);
    enricher.runMails();
    await().until(() -> inventory.readFrom().size() == 2);
    inventory.append(productAt(0, 0, "q", 4));
    enricher.advanceHeldUp(1_000);
    inventory.letGoOn();
    enricher.finishReadings();
    assertThat(outcomes()).containsExactly("0 unknown", "1 v4");
    assertNothingWaits();
  }

  @Test
  void whatWaitsForATopicThatCannotBeReadIsGivenUpAtLast() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    inventory.holdUp();
    enricher.advanceHeldUp(MAX_WAIT - 1);
    assertThat(outcomes()).isEmpty();
    enricher.advanceHeldUp(1 + WaitingElements.DEADLINE_MILLIS);
    assertThat(enricher.take())
        .containsExactly(
            new DecisionInput.Refused(
                authenticated("p", 0).metadata(),
                "id-0",
                "customer",
                RejectionReason.REFERENCE_UNAVAILABLE,
                "the inventory could not be read for 60000 ms"));
    inventory.letGoOn();
    enricher.finishReadings();
    assertThat(outcomes()).isEmpty();
    assertNothingWaits();
  }

  /** The one's end is the other's deadline, were it not for half a step. */
  @Test
  void endOfOneWaitDoesNotStopTheTimerOfAnother() throws Exception {
    Duration half = Duration.ofMillis(MAX_WAIT / 2);
    enricher = OperatorUnderTest.start(spec(inventory, half), START);
    enricher.first(authenticated("p", 0));
    enricher.advance(half.toMillis() - 100);
    enricher.first(authenticated("p", 1));
    enricher.advance(100);
    assertThat(outcomes()).containsExactly("0 unknown");
    enricher.advance(half.toMillis());
    assertThat(outcomes()).containsExactly("1 unknown");
    assertNothingWaits();
  }

  @Test
  void readingThatFailsIsTriedAgain() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    inventory.append(productAt(0, 0, "p", 2));
    inventory.breakDown();
    enricher.advance(WAIT);
    enricher.advance(1_000);
    assertThat(outcomes()).isEmpty();
    inventory.letGoOn();
    enricher.advance(1_000);
    assertThat(outcomes()).containsExactly("0 v2");
    assertNothingWaits();
  }

  @Test
  void readingBeginsWhereThisSubtaskKnowsTheTopicAndBringsAllOfItsKeys() throws Exception {
    start();
    enricher.second(inventory.append(productAt(0, 0, "a", 1)));
    inventory.append(productAt(0, 1, "b", 1));
    enricher.first(authenticated("p", 0));
    enricher.first(authenticated("b", 1));
    enricher.advance(WAIT);
    assertThat(lastRead()).isEqualTo(Map.of(0, 1L));
    assertThat(outcomes()).containsExactlyInAnyOrder("0 unknown", "1 v1");
    enricher.first(authenticated("q", 2));
    enricher.advance(WAIT);
    assertThat(lastRead()).isEqualTo(Map.of(0, 2L));
  }

  /** Each was rewritten with every other that waited for the same product. */
  @Test
  void manyThatWaitForOneProductCostNoMoreThanTheirNumber() throws Exception {
    enricher = OperatorUnderTest.startCounting(spec(inventory, Duration.ofMillis(WAIT)), START);
    for (int i = 0; i < 20_000; i++) {
      enricher.first(authenticated("p", i));
    }
    assertThat(enricher.timers()).isEqualTo(1);
    assertThat(enricher.stateAccesses()).isBetween(20_000L, 20_010L);
    enricher.second(productAt(0, 0, "p", 1));
    assertThat(outcomes())
        .containsExactlyElementsOf(LongStream.range(0, 20_000).mapToObj(i -> i + " v1").toList());
    assertNothingWaits();
  }

  /** Whoever names products that do not exist must not cost many times what others do. */
  @Test
  void productThatDoesNotExistCostsABoundedNumberOfAccesses() throws Exception {
    enricher = OperatorUnderTest.startCounting(spec(inventory, Duration.ofMillis(WAIT)), START);
    int inputs = 1_000;
    for (int i = 0; i < inputs; i++) {
      enricher.first(authenticated("no-" + i, i));
    }
    assertThat(enricher.stateAccesses()).isBetween(2L * inputs, 2L * inputs + 10);
    enricher.advance(WAIT);
    assertThat(enricher.take()).hasSize(inputs);
    assertNothingWaits();
    assertThat(enricher.stateAccesses()).isLessThan(20L * inputs);
  }

  @Test
  void withoutAWaitAnUnknownProductIsRefusedAsSoonAsTheTopicHasBeenRead() throws Exception {
    enricher = OperatorUnderTest.start(spec(inventory, Duration.ZERO), START);
    enricher.first(authenticated("p", 0));
    assertThat(outcomes()).isEmpty();
    enricher.advance(0);
    assertThat(outcomes()).containsExactly("0 unknown");
    assertNothingWaits();
  }

  @Test
  void deletedProductIsUnknownUntilAnyVersionLaterInTheLogRevivesIt() throws Exception {
    start();
    enricher.second(productAt(0, 0, "p", 5));
    enricher.second(deleteAt(0, 1, "p"));
    enricher.first(authenticated("p", 0));
    // Read again, as after a start.
    enricher.second(productAt(0, 0, "p", 5));
    enricher.second(deleteAt(0, 1, "p"));
    assertThat(outcomes()).isEmpty();
    enricher.second(productAt(0, 2, "p", 1));
    assertThat(outcomes()).containsExactly("0 v1");
    enricher.second(productAt(0, 0, "p", 5));
    enricher.first(authenticated("p", 1));
    assertThat(outcomes()).containsExactly("1 v1");
  }

  @Test
  void staleVersionIsIgnored() throws Exception {
    start();
    enricher.second(productAt(0, 0, "p", 5));
    enricher.second(productAt(0, 1, "p", 4));
    enricher.first(authenticated("p", 0));
    assertThat(outcomes()).containsExactly("0 v5");
  }

  @Test
  void coldStartTurnsNothingAwayForAProductThatIsInTheTopic() throws Exception {
    for (int i = 0; i < 100; i++) {
      inventory.append(productAt(i % 3, i / 3, "p" + i, 1));
    }
    start(2);
    assertThat(inventory.readFrom()).containsExactly(Map.of(), Map.of());
    for (int i = 0; i < 100; i++) {
      enricher.first(authenticated("p" + i, i));
    }
    assertThat(outcomes()).hasSize(100).allMatch(outcome -> outcome.endsWith(" v1"));
    assertThat(enricher.stateEntries()).as("each subtask keeps its keys only").isEqualTo(100);
  }

  @Test
  void rereadRecordsChangeNothing() throws Exception {
    List<Reference<Product>> log =
        List.of(
            inventory.append(productAt(0, 0, "p", 1)),
            inventory.append(deleteAt(0, 1, "p")),
            inventory.append(productAt(0, 2, "p", 2)));
    start();
    for (Reference<Product> again : log) {
      enricher.second(again);
      enricher.first(authenticated("p", again.offset()));
    }
    assertThat(outcomes()).containsExactly("0 v2", "1 v2", "2 v2");
  }

  @Test
  void restoreCatchesUpFromWhereTheCheckpointHadGotTo() throws Exception {
    inventory.append(productAt(0, 0, "p", 1));
    inventory.append(productAt(1, 0, "q", 1));
    start();
    enricher.second(inventory.append(productAt(0, 1, "p", 2)));
    Checkpoint checkpoint = enricher.checkpoint();
    inventory.append(productAt(0, 2, "p", 3));
    inventory.append(productAt(2, 0, "r", 7));

    restore(checkpoint, 1);

    assertThat(lastRead()).isEqualTo(Map.of(0, 2L, 1, 1L));
    enricher.first(authenticated("p", 0));
    enricher.first(authenticated("q", 1));
    enricher.first(authenticated("r", 2));
    assertThat(outcomes()).containsExactly("0 v3", "1 v1", "2 v7");
  }

  @Test
  void afterRescalingReadingBeginsWhereTheSlowestSubtaskWas() throws Exception {
    inventory.append(productAt(0, 0, "p", 1));
    start(2);
    enricher.second(inventory.append(productAt(0, 1, "p", 2)));
    Checkpoint checkpoint = enricher.checkpoint();

    restore(checkpoint, 3);

    // Only the subtask that owns p has heard of offset 1.
    assertThat(lastRead()).isEqualTo(Map.of(0, 1L));
  }

  @Test
  void partitionThatOneSubtaskHasNotHeardOfIsReadFromItsStart() throws Exception {
    start(2);
    Reference<Product> inNewPartition = inventory.append(productAt(4, 0, "p", 1));
    enricher.second(inNewPartition);
    restore(enricher.checkpoint(), 1);
    assertThat(lastRead()).isEmpty();
  }

  @Test
  void stateFollowsItsKeysWhenTheParallelismChanges() throws Exception {
    start();
    for (int i = 0; i < 50; i++) {
      enricher.second(productAt(0, i, "p" + i, i + 1));
      enricher.first(authenticated("unknown" + i, 100 + i));
    }
    restore(enricher.checkpoint(), 2);
    restore(enricher.checkpoint(), 1);
    assertThat(enricher.gauge("waiting")).isEqualTo(50);
    for (int i = 0; i < 50; i++) {
      enricher.first(authenticated("p" + i, i));
    }
    assertThat(outcomes())
        .containsExactlyElementsOf(
            LongStream.range(0, 50).mapToObj(i -> i + " v" + (i + 1)).toList());
    enricher.advance(WAIT);
    assertThat(outcomes()).hasSize(50).allMatch(outcome -> outcome.endsWith(" unknown"));
    assertNothingWaits();
  }

  @Test
  void whatWaitedWaitsItsFullTimeAgainAfterARestore() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    enricher.advance(1_000);
    enricher.first(authenticated("p", 1));
    Checkpoint checkpoint = enricher.checkpoint();

    restoreAt(START + 60_000, checkpoint);

    assertThat(enricher.gauge("waiting")).isEqualTo(2);
    enricher.advance(WAIT - 1);
    assertThat(outcomes()).as("timers were past due").isEmpty();
    enricher.second(productAt(0, 0, "p", 1));
    assertThat(outcomes()).containsExactly("0 v1", "1 v1");
    assertNothingWaits();
  }

  @Test
  void whatStillHasNoProductAfterTheSecondWaitIsRefusedOnce() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    enricher.first(authenticated("q", 1));
    Checkpoint checkpoint = enricher.checkpoint();
    restoreAt(START + WAIT, checkpoint);
    enricher.advance(WAIT);
    assertThat(outcomes()).containsExactlyInAnyOrder("0 unknown", "1 unknown");
    assertNothingWaits();
    enricher.advance(10 * WAIT);
    assertThat(outcomes()).isEmpty();
  }

  @Test
  void productFoundWhileCatchingUpReleasesWhatWaited() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    enricher.first(authenticated("p", 1));
    Checkpoint checkpoint = enricher.checkpoint();
    inventory.append(productAt(0, 0, "p", 3));

    restoreAt(START + 60_000, checkpoint);

    assertThat(outcomes()).as("open() may not emit").isEmpty();
    enricher.advance(0);
    assertThat(outcomes()).containsExactly("0 v3", "1 v3");
    assertNothingWaits();
  }

  @Test
  void productDeletedAgainBeforeTheReleaseIsWaitedForInFull() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    Checkpoint checkpoint = enricher.checkpoint();
    inventory.append(productAt(0, 0, "p", 3));
    restoreAt(START + 60_000, checkpoint);
    enricher.second(deleteAt(0, 1, "p"));
    enricher.advance(WAIT - 1);
    assertThat(outcomes()).isEmpty();
    enricher.advance(1);
    assertThat(outcomes()).containsExactly("0 unknown");
    assertNothingWaits();
  }

  @Test
  void endOfInputDecidesWhatStillWaits() throws Exception {
    start(2);
    enricher.first(authenticated("p", 0));
    enricher.first(authenticated("q", 1));
    enricher.endInputs();
    assertThat(outcomes()).containsExactlyInAnyOrder("0 unknown", "1 unknown");
    assertNothingWaits();
  }

  @Test
  void endOfInputReleasesWhatWasFoundWhileCatchingUp() throws Exception {
    start();
    enricher.first(authenticated("p", 0));
    Checkpoint checkpoint = enricher.checkpoint();
    inventory.append(productAt(0, 0, "p", 3));
    restore(checkpoint, 1);
    enricher.endInputs();
    assertThat(outcomes()).containsExactly("0 v3");
    enricher.advance(0);
    assertNothingWaits();
  }

  private void start() throws Exception {
    start(1);
  }

  private void start(int parallelism) throws Exception {
    enricher =
        OperatorUnderTest.start(
            spec(inventory), START, parallelism, new HashMapStateBackend(), null);
  }

  private void restore(Checkpoint checkpoint, int parallelism) throws Exception {
    long now = enricher.now();
    enricher.close();
    enricher =
        OperatorUnderTest.start(
            spec(inventory), now, parallelism, new HashMapStateBackend(), checkpoint);
  }

  private void restoreAt(long now, Checkpoint checkpoint) throws Exception {
    enricher.close();
    enricher =
        OperatorUnderTest.start(spec(inventory), now, 1, new HashMapStateBackend(), checkpoint);
  }

  static OperatorUnderTest.Spec<AuthenticatedTransaction, Reference<Product>, DecisionInput> spec(
      ReferenceTopic<Product> inventory) {
    return spec(inventory, Duration.ofMillis(WAIT));
  }

  private static OperatorUnderTest.Spec<AuthenticatedTransaction, Reference<Product>, DecisionInput>
      spec(ReferenceTopic<Product> inventory, Duration wait) {
    return new OperatorUnderTest.Spec<>(
        new ProductJoinOperator.Factory(
            inventory, new WaitSettings(wait, Duration.ofMillis(MAX_WAIT))),
        AuthenticatedTransaction.TYPE,
        authenticated -> authenticated.transaction().productId(),
        ReferenceKind.PRODUCT.type(),
        Reference::key,
        DecisionInput.TYPE,
        MAX_PARALLELISM);
  }

  private Map<Integer, Long> lastRead() {
    return inventory.readFrom().get(inventory.readFrom().size() - 1);
  }

  private List<String> outcomes() {
    return enricher.take().stream().map(ProductJoinOperatorTest::outcome).toList();
  }

  /** The transaction's offset and its product's version. */
  static String outcome(DecisionInput decisionInput) {
    return decisionInput.metadata().position().offset()
        + (decisionInput instanceof DecisionInput.Enriched enriched
            ? " v" + enriched.product().version()
            : ((DecisionInput.Refused) decisionInput).reason() == RejectionReason.UNKNOWN_PRODUCT
                ? " unknown"
                : " unavailable");
  }

  private void assertNothingWaits() {
    assertThat(enricher.gauge("waiting")).isZero();
    assertThat(enricher.timers()).isZero();
  }
}
