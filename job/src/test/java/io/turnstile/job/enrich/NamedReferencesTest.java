package io.turnstile.job.enrich;

import static io.turnstile.job.harness.Samples.authenticated;
import static io.turnstile.job.harness.Samples.deleteAt;
import static io.turnstile.job.harness.Samples.documentAt;
import static io.turnstile.job.harness.Samples.productAt;
import static io.turnstile.job.harness.Samples.reference;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.decision.reference.NamedReference;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceUpdate;
import io.turnstile.events.Product;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.events.RejectionReason;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.harness.OperatorUnderTest.Checkpoint;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceUpdateType;
import io.turnstile.job.validate.AuthenticatedTransaction;
import io.turnstile.job.validate.DecisionInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Named references by product, in the operator that joins the products. */
class NamedReferencesTest {

  private static final Duration WAIT = Duration.ofSeconds(5);
  private static final Duration MAX_WAIT = Duration.ofMinutes(1);
  private static final long START = 1_000_000;

  private final FakeReferenceTopic<Product> inventory = new FakeReferenceTopic<>();
  private final FakeReferenceTopic<ReferenceDocument> tariffs = new FakeReferenceTopic<>();
  private final FakeReferenceTopic<ReferenceDocument> risks = new FakeReferenceTopic<>();
  private final List<ReferenceSettings> references = new ArrayList<>();
  private OperatorUnderTest<AuthenticatedTransaction, ReferenceUpdate, DecisionInput> enricher;

  @AfterEach
  void stop() {
    enricher.close();
  }

  @Test
  void whatIsKnownIsAddedUnderItsName() throws Exception {
    start(optional("tariff", tariffs), optional("risk", risks));
    enricher.second(productAt(0, 0, "p", 1));
    enricher.second(named("tariff", documentAt(0, 0, "p", 7)));
    enricher.first(authenticated("p", 0));
    assertThat(outcomes()).containsExactly("0 tariff=7 risk=null");
  }

  @Test
  void newestVersionCountsUntilItIsDeleted() throws Exception {
    start(optional("tariff", tariffs));
    enricher.second(productAt(0, 0, "p", 1));
    enricher.second(named("tariff", documentAt(0, 0, "p", 7)));
    enricher.second(named("tariff", documentAt(0, 1, "p", 6)));
    enricher.first(authenticated("p", 0));
    enricher.second(named("tariff", deleteAt(0, 2, "p")));
    enricher.first(authenticated("p", 1));
    assertThat(outcomes()).containsExactly("0 tariff=7", "1 tariff=null");
  }

  @Test
  void referenceDoesNotStandForAnotherOneOrForTheProduct() throws Exception {
    start(required("tariff", tariffs), optional("risk", risks));
    enricher.second(named("risk", documentAt(0, 0, "p", 1)));
    enricher.second(named("tariff", documentAt(0, 0, "q", 1)));
    enricher.first(authenticated("p", 0));
    assertThat(outcomes()).as("waits for the product").isEmpty();
    enricher.second(productAt(0, 0, "p", 1));
    assertThat(outcomes()).as("waits for the tariff").isEmpty();
    enricher.second(named("tariff", documentAt(0, 1, "p", 2)));
    assertThat(outcomes()).containsExactly("0 tariff=2 risk=1");
  }

  @Test
  void whatIsRequiredIsWaitedForAndThenMissed() throws Exception {
    start(required("tariff", tariffs));
    enricher.second(productAt(0, 0, "p", 1));
    enricher.first(authenticated("p", 0));
    assertThat(enricher.gauge("reference.tariff.waiting")).isEqualTo(1);
    enricher.advance(WAIT.toMillis() - 1);
    assertThat(enricher.take()).isEmpty();
    enricher.advance(1);
    assertThat(enricher.take())
        .containsExactly(
            new DecisionInput.Refused(
                authenticated("p", 0).metadata(),
                "id-0",
                "customer",
                RejectionReason.UNKNOWN_REFERENCE,
                "no tariff after waiting 5000 ms"));
    assertThat(enricher.timers()).isZero();
  }

  @Test
  void whatWasPublishedInTimeIsFoundThoughTheSourceHasNotReadIt() throws Exception {
    start(required("tariff", tariffs));
    enricher.second(productAt(0, 0, "p", 1));
    enricher.first(authenticated("p", 0));
    tariffs.append(documentAt(0, 0, "p", 3));
    enricher.advance(WAIT.toMillis());
    assertThat(outcomes()).containsExactly("0 tariff=3");
  }

  @Test
  void requiredReferenceThatCannotBeReadIsUnavailable() throws Exception {
    start(required("tariff", tariffs));
    enricher.second(productAt(0, 0, "p", 1));
    enricher.first(authenticated("p", 0));
    tariffs.breakDown();
    enricher.advanceHeldUp(WAIT.toMillis());
    enricher.advanceHeldUp(MAX_WAIT.toMillis());
    assertThat(enricher.take())
        .singleElement()
        .isInstanceOfSatisfying(
            DecisionInput.Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(RejectionReason.REFERENCE_UNAVAILABLE);
              assertThat(refused.detail()).isEqualTo("tariff could not be read for 60000 ms");
            });
  }

  @Test
  void optionalReferenceWithATimeIsWaitedForAndThenDoneWithout() throws Exception {
    start(reference("tariff", KeyedBy.PRODUCT, false, waits(WAIT), tariffs));
    enricher.second(productAt(0, 0, "p", 1));
    enricher.first(authenticated("p", 0));
    assertThat(outcomes()).isEmpty();
    enricher.advance(WAIT.toMillis());
    assertThat(outcomes()).containsExactly("0 tariff=null");
  }

  @Test
  void whatWasPublishedBeforeTheStartIsKnown() throws Exception {
    inventory.append(productAt(0, 0, "p", 1));
    tariffs.append(documentAt(0, 0, "p", 7));
    start(required("tariff", tariffs));
    enricher.first(authenticated("p", 0));
    assertThat(outcomes()).containsExactly("0 tariff=7");
  }

  @Test
  void restoreKnowsWhatIsKnownAndWhatWaitsWithAllThatItHas() throws Exception {
    start(optional("risk", risks), required("tariff", tariffs));
    enricher.second(productAt(0, 0, "p", 1));
    enricher.second(named("risk", documentAt(0, 0, "p", 5)));
    enricher.first(
        new AuthenticatedTransaction(
            authenticated("p", 0).metadata(), authenticated("p", 0).transaction(), "{\"a\":1}"));
    restore(enricher.checkpoint());
    enricher.second(named("risk", documentAt(0, 1, "p", 6)));
    enricher.second(named("tariff", documentAt(0, 0, "p", 1)));
    assertThat(enricher.take())
        .singleElement()
        .isInstanceOfSatisfying(
            DecisionInput.Enriched.class,
            enriched -> {
              assertThat(enriched.additions().extra()).isEqualTo("{\"a\":1}");
              assertThat(enriched.additions().references())
                  .containsExactly(
                      Map.entry("risk", documentAt(0, 0, "p", 5).value().json()),
                      Map.entry("tariff", documentAt(0, 0, "p", 1).value().json()));
            });
    enricher.first(authenticated("p", 1));
    assertThat(outcomes()).containsExactly("1 risk=6 tariff=1");
  }

  @Test
  void stateOfAJobWithoutReferencesIsTakenOver() throws Exception {
    start();
    enricher.second(productAt(0, 0, "p", 1));
    enricher.first(authenticated("q", 0));
    references.add(required("tariff", tariffs));
    tariffs.append(documentAt(0, 0, "p", 7));
    restore(enricher.checkpoint());
    enricher.first(authenticated("p", 1));
    enricher.second(named("tariff", documentAt(0, 1, "q", 8)));
    enricher.second(productAt(0, 1, "q", 1));
    assertThat(outcomes()).containsExactlyInAnyOrder("1 tariff=7", "0 tariff=8");
  }

  @Test
  void endOfInputEndsWaitsForSeveralOneAfterTheOther() throws Exception {
    start(required("tariff", tariffs), optional("risk", risks));
    enricher.second(productAt(0, 0, "p", 1));
    enricher.first(authenticated("p", 0));
    enricher.endInputs();
    assertThat(enricher.take())
        .singleElement()
        .isInstanceOfSatisfying(
            DecisionInput.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(RejectionReason.UNKNOWN_REFERENCE));
  }

  private void start(ReferenceSettings... settings) throws Exception {
    references.addAll(List.of(settings));
    enricher = OperatorUnderTest.start(spec(), START);
  }

  private void restore(Checkpoint checkpoint) throws Exception {
    enricher.close();
    enricher = OperatorUnderTest.start(spec(), START, 2, new HashMapStateBackend(), checkpoint);
  }

  @Test
  void rocksDbKeepsEachReferenceApart() throws Exception {
    references.addAll(List.of(optional("tariff", tariffs), optional("risk", risks)));
    enricher = OperatorUnderTest.start(spec(), START, 1, new EmbeddedRocksDBStateBackend(), null);
    enricher.second(productAt(0, 0, "p", 1));
    enricher.second(named("tariff", documentAt(0, 0, "p", 7)));
    enricher.second(named("risk", documentAt(0, 0, "p", 8)));
    Checkpoint checkpoint = enricher.checkpoint();
    enricher.close();
    enricher =
        OperatorUnderTest.start(spec(), START, 1, new EmbeddedRocksDBStateBackend(), checkpoint);
    enricher.first(authenticated("p", 0));
    assertThat(outcomes()).containsExactly("0 tariff=7 risk=8");
  }

  private OperatorUnderTest.Spec<AuthenticatedTransaction, ReferenceUpdate, DecisionInput> spec() {
    return new OperatorUnderTest.Spec<>(
        new ProductJoinOperator.Factory(inventory, waits(WAIT), references),
        AuthenticatedTransaction.TYPE,
        authenticated -> authenticated.transaction().productId(),
        ReferenceUpdateType.of(ReferenceKind.PRODUCT),
        ReferenceUpdate::key,
        DecisionInput.TYPE,
        ProductJoinOperatorTest.MAX_PARALLELISM);
  }

  private static WaitSettings waits(Duration wait) {
    return new WaitSettings(wait, MAX_WAIT);
  }

  private static ReferenceSettings optional(
      String name, FakeReferenceTopic<ReferenceDocument> topic) {
    return reference(name, KeyedBy.PRODUCT, false, waits(Duration.ZERO), topic);
  }

  private static ReferenceSettings required(
      String name, FakeReferenceTopic<ReferenceDocument> topic) {
    return reference(name, KeyedBy.PRODUCT, true, waits(WAIT), topic);
  }

  private static NamedReference named(String name, Reference<ReferenceDocument> reference) {
    return new NamedReference(name, reference);
  }

  /** The transaction's offset and the versions of its references; of a refusal the reason. */
  private List<String> outcomes() {
    return enricher.take().stream().map(NamedReferencesTest::outcome).toList();
  }

  private static String outcome(DecisionInput input) {
    StringBuilder outcome = new StringBuilder().append(input.metadata().position().offset());
    if (input instanceof DecisionInput.Refused refused) {
      return outcome.append(' ').append(refused.reason()).toString();
    }
    ((DecisionInput.Enriched) input)
        .additions()
        .references()
        .forEach(
            (name, json) ->
                outcome
                    .append(' ')
                    .append(name)
                    .append('=')
                    .append(json == null ? null : json.replaceAll(".*:|}", "")));
    return outcome.toString();
  }
}
