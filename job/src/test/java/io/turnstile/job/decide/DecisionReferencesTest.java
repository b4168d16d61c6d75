package io.turnstile.job.decide;

import static io.turnstile.job.decide.DecisionFixture.WAITS;
import static io.turnstile.job.harness.Samples.customerAt;
import static io.turnstile.job.harness.Samples.documentAt;
import static io.turnstile.job.harness.Samples.enriched;
import static io.turnstile.job.harness.Samples.reference;
import static io.turnstile.job.harness.Samples.transaction;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.decision.reference.NamedReference;
import io.turnstile.decision.reference.ReferenceUpdate;
import io.turnstile.events.Additions;
import io.turnstile.events.Customer;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.enrich.ReferenceSettings;
import io.turnstile.job.enrich.WaitSettings;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceUpdateType;
import io.turnstile.job.validate.DecisionInput;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Named references by customer, in the operator that decides. */
class DecisionReferencesTest {

  private static final long START = 10_000_000_000L;

  private final FakeReferenceTopic<Customer> customers = new FakeReferenceTopic<>();
  private final FakeReferenceTopic<ReferenceDocument> risks = new FakeReferenceTopic<>();
  private OperatorUnderTest<DecisionInput, ReferenceUpdate, Verdict> turnstile;

  /** Offsets whose verdicts another owner of their lane has committed. */
  private final Set<Long> decided = new HashSet<>();

  @AfterEach
  void stop() {
    turnstile.close();
  }

  @Test
  void acceptedVerdictHoldsReferencesOfProductAndCustomer() throws Exception {
    start(false, risk(false));
    turnstile.second(new NamedReference("risk", documentAt(0, 0, "customer", 5)));
    DecisionInput.Enriched plain = enriched(transaction("customer", "id", "p", 1), 0, 0, START);
    turnstile.first(
        new DecisionInput.Enriched(
                plain.metadata(), plain.transaction(), plain.product(), Additions.of("{\"a\":1}"))
            .with("tariff", documentAt(0, 0, "p", 7).value()));
    JsonNode json = new ObjectMapper().readTree(only(turnstile.take()).value());
    assertThat(json.at("/references/tariff/version").longValue()).isEqualTo(7);
    assertThat(json.at("/references/risk/version").longValue()).isEqualTo(5);
    assertThat(json.at("/extra/a").intValue()).isEqualTo(1);
  }

  @Test
  void requiredReferenceOfTheCustomerIsWaitedForAndThenMissed() throws Exception {
    start(false, risk(true));
    turnstile.first(enriched(transaction("customer", "id", "p", 1), 0, 0, START));
    assertThat(turnstile.take()).isEmpty();
    turnstile.advance(WAITS.minWait().toMillis());
    assertThat(reasons()).containsExactly(RejectionReason.UNKNOWN_REFERENCE);
  }

  @Test
  void unknownCustomerComesFirst() throws Exception {
    start(true, risk(true));
    turnstile.first(enriched(transaction("customer", "id", "p", 1), 0, 0, START));
    turnstile.advance(WAITS.minWait().toMillis());
    assertThat(reasons()).containsExactly(RejectionReason.UNKNOWN_CUSTOMER);
  }

  @Test
  void waitForTheCustomerIsFollowedByTheWaitForTheReference() throws Exception {
    start(true, risk(true));
    turnstile.first(enriched(transaction("customer", "id", "p", 1), 0, 0, START));
    turnstile.second(customerAt(0, 0, "customer", 1));
    assertThat(turnstile.take()).isEmpty();
    turnstile.second(new NamedReference("risk", documentAt(0, 0, "customer", 5)));
    JsonNode json = new ObjectMapper().readTree(only(turnstile.take()).value());
    assertThat(json.at("/customer/version").longValue()).isEqualTo(1);
    assertThat(json.at("/references/risk/version").longValue()).isEqualTo(5);
  }

  @Test
  void missingReferenceUsesUpNoId() throws Exception {
    start(false, risk(true));
    turnstile.first(enriched(transaction("customer", "id", "p", 1), 0, 0, START));
    turnstile.advance(WAITS.minWait().toMillis());
    turnstile.second(new NamedReference("risk", documentAt(0, 0, "customer", 5)));
    turnstile.take();
    turnstile.first(enriched(transaction("customer", "id", "p", 1), 0, 1, START));
    assertThat(DecisionFixture.outcome(only(turnstile.take()))).isEqualTo("ACCEPTED");
  }

  @Test
  void whatWasDecidedElsewhereWhileItWaitedGetsNoVerdict() throws Exception {
    start(false, risk(true));
    turnstile.first(enriched(transaction("customer", "id", "p", 1), 0, 0, START));
    turnstile.first(enriched(transaction("customer", "other", "p", 2), 0, 1, START));
    decided.add(0L);
    turnstile.second(new NamedReference("risk", documentAt(0, 0, "customer", 5)));
    assertThat(turnstile.take())
        .extracting(verdict -> verdict.position().offset())
        .containsExactly(1L);
  }

  private ReferenceSettings risk(boolean required) {
    WaitSettings waits = required ? WAITS : new WaitSettings(Duration.ZERO, WAITS.maxWait());
    return reference("risk", KeyedBy.CUSTOMER, required, waits, risks);
  }

  private void start(boolean customersRequired, ReferenceSettings reference) throws Exception {
    DecisionSettings settings =
        new DecisionSettings(
            DecisionFixture.dedup(3_600_000, 600_000, 3_600_000),
            customersRequired,
            WAITS,
            Duration.ofHours(1),
            false);
    turnstile =
        OperatorUnderTest.start(
            new OperatorUnderTest.Spec<>(
                new DecisionOperatorFactory(
                    settings,
                    customers,
                    List.of(reference),
                    (parameters, output, metrics) ->
                        new CommitStrategy() {
                          @Override
                          public boolean isDecided(int lane, InputMetadata metadata) {
                            return decided.contains(metadata.position().offset());
                          }

                          @Override
                          public void write(Verdict verdict) {
                            output.collect(new StreamRecord<>(verdict));
                          }
                        }),
                DecisionInput.TYPE,
                decisionInput -> decisionInput.metadata().routingKey(),
                ReferenceUpdateType.of(ReferenceKind.CUSTOMER),
                ReferenceUpdate::key,
                Verdict.TYPE,
                DecisionFixture.LANES),
            START);
  }

  private static Verdict only(List<Verdict> verdicts) {
    assertThat(verdicts).hasSize(1);
    return verdicts.get(0);
  }

  private List<RejectionReason> reasons() {
    return turnstile.take().stream()
        .map(verdict -> VerdictCodec.decodeRejected(verdict.value()).reason())
        .toList();
  }
}
