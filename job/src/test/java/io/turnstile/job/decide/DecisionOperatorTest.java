package io.turnstile.job.decide;

import static io.turnstile.job.decide.DecisionFixture.dedup;
import static io.turnstile.job.decide.DecisionFixture.outcome;
import static io.turnstile.job.harness.Samples.customerAt;
import static io.turnstile.job.harness.Samples.deleteAt;
import static io.turnstile.job.harness.Samples.metadata;
import static io.turnstile.job.harness.Samples.transaction;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.reference.Reference;
import io.turnstile.events.ContentHash;
import io.turnstile.events.Customer;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.Product;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.harness.OperatorUnderTest.Checkpoint;
import io.turnstile.job.harness.Samples;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.RoutingKey;
import io.turnstile.job.validate.DecisionInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecisionOperatorTest {

  private static final long START = 10_000_000_000L;
  private static final long WINDOW = 3_600_000;
  private static final long CONTENT_WINDOW = 600_000;
  private static final long OUTAGE = 3_600_000;
  private static final Duration WAIT = Duration.ofSeconds(5);

  /** Default limit of a topic and a producer for the size of a record. */
  private static final int USUAL_RECORD_LIMIT = 1 << 20;

  private final FakeReferenceTopic<Customer> customers = new FakeReferenceTopic<>();
  private OperatorUnderTest<DecisionInput, Reference<Customer>, Verdict> turnstile;
  private long offset;

  @AfterEach
  void stop() {
    if (turnstile != null) {
      turnstile.close();
    }
  }

  @Test
  void customersAreReadWhileTheLanesAreTakenOver() throws Exception {
    customers.append(customerAt(0, 0, "customer", 7));
    startWithTakeOver(() -> await().until(() -> !customers.readFrom().isEmpty()));

    assertThatTheCustomerIsKnown();
  }

  @Test
  void customerPublishedDuringTheTakeOverIsKnownToTheFirstInput() throws Exception {
    startWithTakeOver(
        () -> {
          await().until(() -> customers.readings() == 1);
          customers.append(customerAt(0, 0, "customer", 7));
        });

    assertThatTheCustomerIsKnown();
    assertThat(customers.readFrom()).hasSize(2);
  }

  private void startWithTakeOver(Runnable takeOver) throws Exception {
    CommitStrategy.Factory commit =
        (parameters, output, metrics) ->
            new CommitStrategy() {
              @Override
              public void open(AcceptanceSink<Exception> sink) {
                takeOver.run();
              }

              @Override
              public void write(Verdict verdict) {
                output.collect(new StreamRecord<>(verdict));
              }
            };
    DecisionSettings settings =
        new DecisionSettings(
            dedup(WINDOW, CONTENT_WINDOW, OUTAGE),
            false,
            DecisionFixture.WAITS,
            Duration.ofHours(1),
            false);
    turnstile = OperatorUnderTest.start(DecisionFixture.spec(settings, customers, commit), START);
  }

  private void assertThatTheCustomerIsKnown() throws Exception {
    Verdict verdict =
        decide(Samples.enriched(transaction("customer", "id", "product", 1), 0, 0, START));
    assertThat(new String(verdict.value(), UTF_8)).contains("\"customer\":{\"customer_id\"");
  }

  @Test
  void latencyIsMeasuredToTheCompletedCheckpoint() throws Exception {
    start();
    Transaction transaction = transaction("customer", "id", "product", 1);
    decide(Samples.enriched(transaction, 0, 0, START));
    turnstile.checkpoint();
    decide(Samples.enriched(transaction, 0, 1, START));
    turnstile.advance(40);
    assertThat(turnstile.gauge("le.Inf.committedLatencyMillisBucket")).isZero();
    turnstile.completeCheckpoint();
    assertThat(turnstile.gauge("le.30.committedLatencyMillisBucket")).isZero();
    assertThat(turnstile.gauge("le.50.committedLatencyMillisBucket")).isEqualTo(1);
    turnstile.checkpoint();
    turnstile.completeCheckpoint();
    assertThat(turnstile.gauge("le.Inf.committedLatencyMillisBucket")).isEqualTo(2);
  }

  @Test
  void acceptedVerdictHoldsEverythingButTheToken() throws Exception {
    start();
    turnstile.second(customerAt(0, 0, "customer", 7));
    Transaction transaction = transaction("customer", "id", "product", -250);
    turnstile.advance(15);

    Verdict verdict = decide(Samples.enriched(transaction, 3, 42, START + 5));

    assertThat(verdict.outcome()).isEqualTo(Outcome.ACCEPTED);
    assertThat(verdict.position()).isEqualTo(new SourcePosition(Samples.TOPIC, 3, 42));
    assertThat(verdict.lane()).isEqualTo(RoutingKey.lane("customer", DecisionFixture.LANES));
    assertThat(verdict.key()).isEqualTo("customer".getBytes(UTF_8));
    assertThat(verdict.receivedAt()).isEqualTo(START + 5);
    assertThat(verdict.errorCode()).isNull();
    assertThat(verdict.errorMessage()).isNull();
    JsonNode json = new ObjectMapper().readTree(verdict.value());
    assertThat(json.has("token")).isFalse();
    assertThat(json.get("transaction_id").textValue()).isEqualTo("id");
    assertThat(json.get("customer_id").textValue()).isEqualTo("customer");
    assertThat(json.get("amount").longValue()).isEqualTo(-250);
    assertThat(json.at("/product/version").longValue()).isEqualTo(1);
    assertThat(json.at("/customer/version").longValue()).isEqualTo(7);
    assertThat(json.get("content_hash").textValue())
        .isEqualTo(ContentHash.of(transaction).toString());
    assertThat(json.get("received_at").longValue()).isEqualTo(START + 5);
    assertThat(json.get("decided_at").longValue()).isEqualTo(START + 15);
  }

  @Test
  void unknownAndDeletedCustomersAreNull() throws Exception {
    start();
    assertThat(customerOf(decide("customer", "first", 1))).isNull();
    turnstile.second(customerAt(0, 0, "customer", 1));
    assertThat(customerOf(decide("customer", "second", 2))).isEqualTo(1);
    turnstile.second(deleteAt(0, 1, "customer"));
    assertThat(customerOf(decide("customer", "third", 3))).isNull();
  }

  @ParameterizedTest
  @EnumSource(RejectionReason.class)
  void refusalIsWrittenWithItsReason(RejectionReason reason) throws Exception {
    start();
    Verdict verdict = decide(refused("customer", "id", reason));
    assertThat(verdict.outcome()).isEqualTo(Outcome.REJECTED);
    assertThat(verdict.key()).isEqualTo("customer".getBytes(UTF_8));
    assertThat(VerdictCodec.decodeRejected(verdict.value()))
        .isEqualTo(new Rejected("id", "customer", reason, "why", START, START));
  }

  @ParameterizedTest
  // What a database refuses is dead-lettered behind the decision.
  @EnumSource(
      value = DeadLetterCode.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = "REFUSED_BY_DATABASE")
  void deadLetterCarriesTheOriginalBytes(DeadLetterCode code) throws Exception {
    start();
    byte[] key = {-1, 0, 1};
    byte[] value = {'{', -2, 0};
    Verdict verdict = decide(unreadable(null, key, value, code));
    assertThat(verdict.outcome()).isEqualTo(Outcome.DEAD_LETTER);
    assertThat(verdict.key()).isEqualTo(key);
    assertThat(verdict.value()).isEqualTo(value);
    assertThat(verdict.errorCode()).isEqualTo(code.name());
    assertThat(verdict.errorMessage()).isEqualTo("why");
  }

  @Test
  void nullInputGivesANullDeadLetterWithItsKey() throws Exception {
    start();
    byte[] key = {1};
    Verdict verdict = decide(unreadable(null, key, null, DeadLetterCode.MALFORMED_JSON));
    assertThat(verdict.key()).isEqualTo(key);
    assertThat(verdict.value()).isNull();
    assertThat(decide(unreadable(null, null, null, DeadLetterCode.MALFORMED_JSON)).key()).isNull();
  }

  @Test
  void deadLetterGoesToTheLaneOfItsCustomerOrOfItsPosition() throws Exception {
    start();
    for (int i = 0; i < 20; i++) {
      String customer = i % 2 == 0 ? "customer" + i : null;
      DecisionInput input = unreadable(customer, null, null, DeadLetterCode.SCHEMA_VIOLATION);
      String key = customer == null ? input.metadata().position().toString() : customer;
      assertThat(decide(input).lane()).isEqualTo(RoutingKey.lane(key, DecisionFixture.LANES));
    }
  }

  @Test
  void refusalDoesNotBurnTheId() throws Exception {
    start();
    for (RejectionReason reason : RejectionReason.values()) {
      decide(refused("customer", "id", reason));
    }
    assertThat(outcome(decide("customer", "id", 1))).isEqualTo("ACCEPTED");
    assertThat(outcome(decide("customer", "id", 1))).isEqualTo("DUPLICATE_ID");
  }

  @Test
  void rejectionByDedupBurnsNothing() throws Exception {
    start();
    decide("customer", "a", 1);
    assertThat(outcome(decide("customer", "a", 2))).isEqualTo("ID_CONFLICT");
    assertThat(outcome(decide("customer", "b", 1))).isEqualTo("DUPLICATE_CONTENT");
    assertThat(outcome(decide("customer", "b", 2)))
        .as("neither its id nor its content is burnt")
        .isEqualTo("ACCEPTED");
  }

  @Test
  void thirdCopyIsStillADuplicate() throws Exception {
    start();
    assertThat(outcome(decide("customer", "id", 1))).isEqualTo("ACCEPTED");
    assertThat(outcome(decide("customer", "id", 1))).isEqualTo("DUPLICATE_ID");
    assertThat(outcome(decide("customer", "id", 1))).isEqualTo("DUPLICATE_ID");
    assertThat(outcome(decide("customer", "id", 2))).isEqualTo("ID_CONFLICT");
  }

  @Test
  void rejectionNamesTheAcceptedInput() throws Exception {
    start();
    decide(enrichedAt("customer", "id", 1, START));
    Verdict verdict = decide(enrichedAt("customer", "id", 1, START));
    Rejected duplicate = VerdictCodec.decodeRejected(verdict.value());
    assertThat(duplicate.detail()).isEqualTo("same id and content as input 0/0");
    assertThat(duplicate.acceptance()).isEqualTo(new PriorAcceptance(0, 0, START, START));
  }

  @Test
  void idsAndContentsAreScopedToTheCustomer() throws Exception {
    start();
    assertThat(outcome(decide("alice", "id", 1))).isEqualTo("ACCEPTED");
    assertThat(outcome(decide("bob", "id", 1))).isEqualTo("ACCEPTED");
    assertThat(outcome(decide("bob", "id", 2))).isEqualTo("ID_CONFLICT");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1})
  void idWindowHoldsToTheMillisecondInBothDirections(long direction) throws Exception {
    start();
    decide(enrichedAt("customer", "id", 1, START));
    assertThat(outcome(decide(enrichedAt("customer", "id", 2, START + direction * WINDOW))))
        .isEqualTo("ID_CONFLICT");
    assertThat(outcome(decide(enrichedAt("customer", "id", 2, START + direction * (WINDOW + 1)))))
        .isEqualTo("ACCEPTED");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1})
  void contentWindowHoldsToTheMillisecondInBothDirections(long direction) throws Exception {
    start();
    decide(enrichedAt("customer", "a", 1, START));
    long edge = START + direction * CONTENT_WINDOW;
    assertThat(outcome(decide(enrichedAt("customer", "b", 1, edge))))
        .isEqualTo("DUPLICATE_CONTENT");
    assertThat(outcome(decide(enrichedAt("customer", "b", 1, edge + direction))))
        .isEqualTo("ACCEPTED");
  }

  @Test
  void lateInputIsComparedWithEveryAcceptanceInTheWindow() throws Exception {
    start();
    decide(enrichedAt("customer", "id", 1, START));
    assertThat(outcome(decide(enrichedAt("customer", "id", 2, START + WINDOW + 1))))
        .isEqualTo("ACCEPTED");
    assertThat(outcome(decide(enrichedAt("customer", "id", 1, START + WINDOW))))
        .as("conflicts with the later, repeats the earlier")
        .isEqualTo("DUPLICATE_ID");
    assertThat(outcome(decide(enrichedAt("customer", "id", 3, START - WINDOW))))
        .isEqualTo("ID_CONFLICT");
  }

  @Test
  void sameIdAndContentOutsideOfTheIdWindowIsNoDuplicateContent() throws Exception {
    start(settings(dedup(10, 1_000, OUTAGE), false, false));
    decide(enrichedAt("customer", "id", 1, START));
    assertThat(outcome(decide(enrichedAt("customer", "id", 1, START + 11)))).isEqualTo("ACCEPTED");
  }

  @Test
  void contentsAreNotComparedWhenTurnedOff() throws Exception {
    start(settings(dedup(WINDOW, 0, OUTAGE), false, false));
    assertThat(outcome(decide("customer", "a", 1))).isEqualTo("ACCEPTED");
    assertThat(outcome(decide("customer", "b", 1))).isEqualTo("ACCEPTED");
    assertThat(outcome(decide("customer", "a", 1))).isEqualTo("DUPLICATE_ID");
  }

  @Test
  void acceptancesOutliveTheLongestOutage() throws Exception {
    start();
    decide(enrichedAt("customer", "id", 1, START));
    Checkpoint checkpoint = turnstile.checkpoint();
    restoreAt(START + OUTAGE, checkpoint, settings(false));
    turnstile.advance(WINDOW - 1);
    assertThat(outcome(decide(enrichedAt("customer", "id", 1, START + WINDOW))))
        .isEqualTo("DUPLICATE_ID");
  }

  /** A cold start reads days of inputs within minutes, one partition hours ahead of another. */
  @Test
  void acceptancesFromABacklogAreKeptAsLongAsOthers() throws Exception {
    start();
    long hour = 3_600_000;
    assertThat(outcome(decide(enrichedAt("customer", "id", 1, START - 10 * hour))))
        .isEqualTo("ACCEPTED");
    assertThat(outcome(decide(enrichedAt("customer", "id", 2, START - 3 * hour))))
        .isEqualTo("ACCEPTED");
    assertThat(outcome(decide(enrichedAt("customer", "id", 3, START - 11 * hour))))
        .isEqualTo("ID_CONFLICT");
  }

  @Test
  void acceptancesThatCannotMatterAnyMoreAreDropped() throws Exception {
    start();
    List<Long> sizes = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      turnstile.advance(WINDOW + 1);
      assertThat(outcome(decide(enrichedAt("customer", "id", 1, turnstile.now()))))
          .isEqualTo("ACCEPTED");
      sizes.add(turnstile.checkpoint().state().getStateSize());
    }
    assertThat(sizes.get(29)).as("sizes of state %s", sizes).isEqualTo(sizes.get(3));
  }

  @Test
  void checkpointOlderThanAllowedIsRefusedForGood() throws Exception {
    start();
    Checkpoint checkpoint = turnstile.checkpoint();
    assertThatThrownBy(() -> restoreAt(START + OUTAGE + 1, checkpoint, settings(false)))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContaining("3600 s")
        .hasMessageContaining("--allow-stale-checkpoint");
  }

  @Test
  void checkpointIsAsOldAsItsNewestPart() throws Exception {
    start();
    Checkpoint old = turnstile.checkpoint();
    restoreAt(START + OUTAGE, old, settings(false));
    Checkpoint fresh = turnstile.checkpoint();
    restoreAt(START + 2 * OUTAGE, fresh, settings(false));
  }

  @Test
  void checkpointOlderThanAllowedIsRestoredOnDemand() throws Exception {
    start();
    Checkpoint checkpoint = turnstile.checkpoint();
    restoreAt(START + 10 * OUTAGE, checkpoint, settings(true));
    assertThat(outcome(decide("customer", "id", 1))).isEqualTo("ACCEPTED");
  }

  /** Bytes that JSON writes as six, in every field, at full length. */
  @Test
  void largestVerdictsFitTheTopics() throws Exception {
    String id = "\u0001".repeat(256);
    String text = "\u0001".repeat(4096);
    turnstile = OperatorUnderTest.start(DecisionFixture.spec(settings(false), customers), START);
    long max = Long.MIN_VALUE;
    turnstile.second(
        new Reference<>(id, new Customer(id, text, text, text, 1, max), 1, 0, 0, START));
    Product product = new Product(id, text, text, max, "EUR", max, 1, max);
    Transaction transaction = new Transaction(id, id, id, Integer.MIN_VALUE, max, "EUR", max, "");
    InputMetadata metadata = metadata(id, 0, 0, START);

    Verdict accepted = decide(new DecisionInput.Enriched(metadata, transaction, product));
    Verdict duplicate = decide(new DecisionInput.Enriched(metadata, transaction, product));

    assertThat(outcome(accepted)).isEqualTo("ACCEPTED");
    assertThat(accepted.value().length + accepted.key().length)
        .isLessThan(USUAL_RECORD_LIMIT - 1024);
    assertThat(outcome(duplicate)).isEqualTo("DUPLICATE_ID");
    assertThat(duplicate.value().length).isLessThan(USUAL_RECORD_LIMIT - 1024);
  }

  @Test
  void hostileNamesAreKeptApartOnHeap() throws Exception {
    hostileNamesAreKeptApart(new HashMapStateBackend());
  }

  @Test
  void hostileNamesAreKeptApartOnRocksDb() throws Exception {
    hostileNamesAreKeptApart(new EmbeddedRocksDBStateBackend());
  }

  private void hostileNamesAreKeptApart(StateBackend backend) throws Exception {
    List<String> names =
        List.of(
            "a",
            "aa",
            "a\u0000",
            "\u0000a",
            "\u0000",
            "\ud83c\udfab".repeat(64),
            "\ud83c\udfab".repeat(63) + "\uffff",
            "x".repeat(256),
            "x".repeat(255),
            "\u00e9",
            "e\u0301",
            "transactions/0/0");
    var spec = DecisionFixture.spec(settings(false), customers);
    turnstile = OperatorUnderTest.start(spec, START, 1, backend, null);
    int amount = 0;
    for (String customer : names) {
      for (String id : names) {
        assertThat(outcome(decide(customer, id, ++amount))).isEqualTo("ACCEPTED");
      }
    }
    Checkpoint checkpoint = turnstile.checkpoint();
    turnstile.close();
    turnstile = OperatorUnderTest.start(spec, START, 2, backend, checkpoint);
    amount = 0;
    for (String customer : names) {
      for (String id : names) {
        assertThat(outcome(decide(customer, id, ++amount))).isEqualTo("DUPLICATE_ID");
      }
    }
  }

  @Test
  void requiredCustomerIsWaitedFor() throws Exception {
    start(settings(dedup(WINDOW, CONTENT_WINDOW, OUTAGE), true, false));
    turnstile.first(enrichedAt("customer", "id", 1, START));
    assertThat(turnstile.take()).isEmpty();
    assertThat(turnstile.gauge("waiting")).isEqualTo(1);

    turnstile.second(customerAt(0, 0, "customer", 3));

    List<Verdict> verdicts = turnstile.take();
    assertThat(verdicts).hasSize(1);
    assertThat(customerOf(verdicts.get(0))).isEqualTo(3);
    assertNothingWaits();
  }

  @Test
  void customerThatDoesNotComeIsUnknownAndBurnsNothing() throws Exception {
    start(settings(dedup(WINDOW, CONTENT_WINDOW, OUTAGE), true, false));
    turnstile.first(enrichedAt("customer", "id", 1, START));
    turnstile.advance(WAIT.toMillis());
    assertThat(turnstile.take().stream().map(DecisionFixture::outcome))
        .containsExactly("UNKNOWN_CUSTOMER");
    assertNothingWaits();
    turnstile.second(customerAt(0, 0, "customer", 1));
    assertThat(outcome(decide("customer", "id", 1))).isEqualTo("ACCEPTED");
  }

  @Test
  void copiesThatWaitedTogetherAreDecidedInOrder() throws Exception {
    start(settings(dedup(WINDOW, CONTENT_WINDOW, OUTAGE), true, false));
    turnstile.first(enrichedAt("customer", "id", 1, START));
    turnstile.first(enrichedAt("customer", "id", 1, START));
    turnstile.first(enrichedAt("customer", "id", 2, START));
    turnstile.second(customerAt(0, 0, "customer", 1));
    assertThat(turnstile.take().stream().map(DecisionFixture::outcome))
        .containsExactly("ACCEPTED", "DUPLICATE_ID", "ID_CONFLICT");
  }

  @Test
  void refusalsAndDeadLettersDoNotWaitForACustomer() throws Exception {
    start(settings(dedup(WINDOW, CONTENT_WINDOW, OUTAGE), true, false));
    assertThat(outcome(decide(refused("customer", "id", RejectionReason.TOKEN_EXPIRED))))
        .isEqualTo("TOKEN_EXPIRED");
    assertThat(outcome(decide(unreadable("customer", null, null, DeadLetterCode.SCHEMA_VIOLATION))))
        .isEqualTo("SCHEMA_VIOLATION");
  }

  /** Whoever floods the job with what it rejects must not cost a look-up each. */
  @Test
  void whatIsRejectedBeforeItIsDecidedReadsNoState() throws Exception {
    turnstile =
        OperatorUnderTest.startCounting(
            DecisionFixture.spec(
                settings(dedup(WINDOW, CONTENT_WINDOW, OUTAGE), false, false), customers),
            START);
    for (int i = 0; i < 1_000; i++) {
      decide(refused("customer" + i, "id", RejectionReason.TOKEN_INVALID));
      decide(unreadable("customer" + i, null, null, DeadLetterCode.MALFORMED_JSON));
    }
    assertThat(turnstile.stateAccesses()).isZero();
    decide(enrichedAt("customer", "id", 1, START));
    assertThat(turnstile.stateAccesses()).isPositive();
  }

  @Test
  void waitForACustomerGoesOnAfterARescale() throws Exception {
    DecisionSettings required = settings(dedup(WINDOW, CONTENT_WINDOW, OUTAGE), true, false);
    start(required);
    for (int i = 0; i < 20; i++) {
      turnstile.first(enrichedAt("customer" + i, "id", 1, START));
    }
    Checkpoint checkpoint = turnstile.checkpoint();
    turnstile.close();
    customers.append(customerAt(0, 0, "customer7", 1));
    turnstile =
        OperatorUnderTest.start(
            DecisionFixture.spec(required, customers),
            START + 60_000,
            2,
            new HashMapStateBackend(),
            checkpoint);
    assertThat(turnstile.gauge("waiting")).isEqualTo(20);
    turnstile.advance(WAIT.toMillis() - 1);
    assertThat(turnstile.take().stream().map(DecisionFixture::outcome)).containsExactly("ACCEPTED");
    turnstile.advance(1);
    assertThat(turnstile.take().stream().map(DecisionFixture::outcome))
        .hasSize(19)
        .containsOnly("UNKNOWN_CUSTOMER");
    assertNothingWaits();
  }

  @Test
  void endOfInputDecidesWhatStillWaits() throws Exception {
    start(settings(dedup(WINDOW, CONTENT_WINDOW, OUTAGE), true, false));
    turnstile.first(enrichedAt("customer", "id", 1, START));
    turnstile.endInputs();
    assertThat(turnstile.take().stream().map(DecisionFixture::outcome))
        .containsExactly("UNKNOWN_CUSTOMER");
    assertNothingWaits();
  }

  private void start() throws Exception {
    start(settings(false));
  }

  private void start(DecisionSettings settings) throws Exception {
    turnstile = OperatorUnderTest.start(DecisionFixture.spec(settings, customers), START);
  }

  private void restoreAt(long now, Checkpoint checkpoint, DecisionSettings settings)
      throws Exception {
    turnstile.close();
    turnstile =
        OperatorUnderTest.start(
            DecisionFixture.spec(settings, customers),
            now,
            1,
            new HashMapStateBackend(),
            checkpoint);
  }

  private static DecisionSettings settings(boolean allowStaleCheckpoint) {
    return settings(dedup(WINDOW, CONTENT_WINDOW, OUTAGE), false, allowStaleCheckpoint);
  }

  private static DecisionSettings settings(
      DedupSettings dedup, boolean customersRequired, boolean allowStaleCheckpoint) {
    return new DecisionSettings(
        dedup, customersRequired, DecisionFixture.WAITS, dedup.maxOutage(), allowStaleCheckpoint);
  }

  private Verdict decide(String customer, String id, long amount) throws Exception {
    return decide(enrichedAt(customer, id, amount, START));
  }

  private Verdict decide(DecisionInput input) throws Exception {
    turnstile.first(input);
    List<Verdict> verdicts = turnstile.take();
    assertThat(verdicts).hasSize(1);
    return verdicts.get(0);
  }

  private DecisionInput enrichedAt(String customer, String id, long amount, long receivedAt) {
    return Samples.enriched(transaction(customer, id, "product", amount), 0, offset++, receivedAt);
  }

  private DecisionInput refused(String customer, String id, RejectionReason reason) {
    return new DecisionInput.Refused(
        metadata(customer, 0, offset++, START), id, customer, reason, "why");
  }

  private DecisionInput unreadable(String customer, byte[] key, byte[] value, DeadLetterCode code) {
    return new DecisionInput.Unreadable(
        metadata(customer, 0, offset++, START), key, value, code, "why");
  }

  /** The version, or null. */
  private static Long customerOf(Verdict accepted) throws Exception {
    JsonNode customer = new ObjectMapper().readTree(accepted.value()).get("customer");
    return customer.isNull() ? null : customer.get("version").longValue();
  }

  private void assertNothingWaits() {
    assertThat(turnstile.gauge("waiting")).isZero();
    assertThat(turnstile.timers()).isZero();
  }
}
