package io.turnstile.job;

import static io.turnstile.job.harness.Samples.authenticated;
import static io.turnstile.job.harness.Samples.customerAt;
import static io.turnstile.job.harness.Samples.enriched;
import static io.turnstile.job.harness.Samples.productAt;
import static io.turnstile.job.harness.Samples.transaction;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.Customer;
import io.turnstile.events.Outcome;
import io.turnstile.events.Product;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.commit.checkpoint.CheckpointCommit;
import io.turnstile.job.decide.DecisionFixture;
import io.turnstile.job.decide.DecisionOperatorFactory;
import io.turnstile.job.decide.DecisionSettings;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.enrich.ProductJoinOperator;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.harness.OperatorUnderTest.Checkpoint;
import io.turnstile.job.harness.TokenIssuer;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.validate.AuthenticatedTransaction;
import io.turnstile.job.validate.DecisionInput;
import io.turnstile.job.validate.ValidateTransaction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OperatorSnapshotUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * State that an earlier release wrote is restored by this one, and means the same. Every layout
 * that was released has its snapshots in {@code src/test/resources/state/N}; they are never
 * changed. When the layout changes, write those of the new one before the next release, and add its
 * number to the tests:
 *
 * <pre>
 * mvn test -pl job -am -Dtest=UpgradeTest -Dsurefire.failIfNoSpecifiedTests=false -Dstate.layout.write=N
 * </pre>
 */
class UpgradeTest {

  private static final int LANES = 4;
  private static final long NOW = 1_000_000;
  private static final Path SNAPSHOTS = Path.of("src", "test", "resources", "state");

  /** A path that is the same wherever and whenever the tests run: it is part of the snapshot. */
  private static final Path JWKS = Path.of("target", "state-layout", "jwks.json");

  private static final String VALIDATE = "validate.snapshot";
  private static final String ENRICH = "enrich.snapshot";
  private static final String DECIDE = "decide.snapshot";

  @ParameterizedTest
  @ValueSource(ints = 1)
  void tokenCheckKnowsItsKeysAndWhatWaitsForOthers(int layout) throws Exception {
    Files.createDirectories(JWKS.getParent());
    Files.deleteIfExists(JWKS);
    Path file = SNAPSHOTS.resolve(Integer.toString(layout)).resolve(VALIDATE);
    // Without the keys of the snapshot it would not start: there are no others yet.
    var check = tokenCheck(OperatorSnapshotUtil.readStateHandle(file.toString()));
    new TokenIssuer(JWKS.getParent(), "another");
    AtomicLong now = new AtomicLong(NOW);
    await()
        .until(
            () -> {
              check.setProcessingTime(now.addAndGet(100));
              return check.getSideOutput(ValidateTransaction.TURNED_AWAY) != null;
            });
    assertThat(check.getSideOutput(ValidateTransaction.TURNED_AWAY))
        .singleElement()
        .extracting(StreamRecord::getValue)
        .isInstanceOfSatisfying(
            DecisionInput.Refused.class,
            each -> {
              assertThat(each.metadata().position().offset()).isEqualTo(8);
              assertThat(each.reason()).isEqualTo(RejectionReason.TOKEN_INVALID);
            });
    check.close();
  }

  @ParameterizedTest
  @ValueSource(ints = 1)
  void enricherKnowsProductsAndWhatWaitsForOne(int layout) throws Exception {
    try (var enricher = restored(enricher(), layout, ENRICH)) {
      enricher.first(authenticated("known", 7));
      assertThat(enricher.take())
          .singleElement()
          .isInstanceOfSatisfying(
              DecisionInput.Enriched.class,
              each -> assertThat(each.product().version()).isEqualTo(3));

      enricher.second(productAt(0, 1, "late", 1));
      assertThat(enricher.take())
          .extracting(each -> each.metadata().position().offset())
          .containsExactly(5L);

      enricher.advance(DecisionFixture.WAITS.minWait().toMillis());
      assertThat(enricher.take())
          .singleElement()
          .isInstanceOfSatisfying(
              DecisionInput.Refused.class,
              each -> {
                assertThat(each.metadata().position().offset()).isEqualTo(6);
                assertThat(each.reason()).isEqualTo(RejectionReason.UNKNOWN_PRODUCT);
              });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = 1)
  void turnstileKnowsWhatItHasAcceptedAndItsCustomers(int layout) throws Exception {
    try (var turnstile = restored(turnstile(), layout, DECIDE)) {
      turnstile.first(enriched(transaction("customer", "id", "p", 100), 1, 1, NOW));
      turnstile.first(enriched(transaction("customer", "id", "p", 101), 1, 2, NOW));
      turnstile.first(enriched(transaction("customer", "id-2", "p", 100), 1, 3, NOW));
      turnstile.first(enriched(transaction("other", "id", "p", 100), 1, 4, NOW));
      assertThat(turnstile.take())
          .extracting(UpgradeTest::result)
          .containsExactlyInAnyOrder(
              "DUPLICATE_ID", "ID_CONFLICT", "DUPLICATE_CONTENT", "of a known customer");
    }
  }

  private static String result(Verdict verdict) {
    if (verdict.outcome() == Outcome.REJECTED) {
      return VerdictCodec.decodeRejected(verdict.value()).reason().name();
    }
    String json = new String(verdict.value(), StandardCharsets.UTF_8);
    return json.contains("\"customer\":{\"customer_id\":\"other\"") ? "of a known customer" : json;
  }

  /** Not a test: see above. */
  @Test
  @EnabledIfSystemProperty(named = "state.layout.write", matches = "\\d+")
  void writeSnapshots() throws Exception {
    Path directory = SNAPSHOTS.resolve(System.getProperty("state.layout.write"));
    Files.createDirectories(directory);
    writeTokenCheck(directory.resolve(VALIDATE));
    try (var enricher = OperatorUnderTest.start(enricher(), NOW)) {
      enricher.second(productAt(0, 0, "known", 3));
      enricher.first(authenticated("late", 5));
      enricher.first(authenticated("never", 6));
      write(enricher.checkpoint(), directory.resolve(ENRICH));
    }
    try (var turnstile = OperatorUnderTest.start(turnstile(), NOW)) {
      turnstile.second(customerAt(0, 0, "other", 2));
      turnstile.first(enriched(transaction("customer", "id", "p", 100), 0, 0, NOW));
      write(turnstile.checkpoint(), directory.resolve(DECIDE));
    }
  }

  private static void writeTokenCheck(Path file) throws Exception {
    Files.createDirectories(JWKS.getParent());
    TokenIssuer issuer = new TokenIssuer(JWKS.getParent(), "known");
    var first = tokenCheck(null);
    OperatorSubtaskState withKeys = first.snapshot(1, 1);
    first.close();
    issuer.withdraw();
    var check = tokenCheck(withKeys);
    String token = new TokenIssuer(JWKS.getParent(), "unknown").token("customer", NOW + 1_000);
    Files.delete(JWKS);
    check.processElement(
        new StreamRecord<>(
            new InputRecord(
                new SourcePosition("transactions", 0, 8),
                NOW,
                null,
                TransactionCodec.encode(
                    new Transaction("id", "customer", "p", 1, 100, "EUR", 1, token)))));
    OperatorSnapshotUtil.writeStateHandle(check.snapshot(2, 2), file.toString());
    // Closing decides what waits.
    issuer.publish();
    check.close();
  }

  private static OneInputStreamOperatorTestHarness<InputRecord, AuthenticatedTransaction>
      tokenCheck(OperatorSubtaskState state) throws Exception {
    TokenSettings settings =
        new TokenSettings(
            JWKS.toString(), Set.of("ES256"), 100, Duration.ZERO, Duration.ofMinutes(5));
    OneInputStreamOperatorTestHarness<InputRecord, AuthenticatedTransaction> check =
        new OneInputStreamOperatorTestHarness<>(
            new ValidateTransaction.Factory(settings, () -> Map.of("transactions", "id")));
    check.setProcessingTime(NOW);
    check.setup(AuthenticatedTransaction.TYPE.createSerializer(null));
    if (state != null) {
      check.initializeState(state);
    }
    check.open();
    return check;
  }

  private static void write(Checkpoint checkpoint, Path file) throws Exception {
    OperatorSnapshotUtil.writeStateHandle(checkpoint.state(), file.toString());
  }

  private static <A, B, O> OperatorUnderTest<A, B, O> restored(
      OperatorUnderTest.Spec<A, B, O> spec, int layout, String snapshot) throws Exception {
    Path file = SNAPSHOTS.resolve(Integer.toString(layout)).resolve(snapshot);
    Checkpoint checkpoint =
        new Checkpoint(OperatorSnapshotUtil.readStateHandle(file.toString()), 1);
    return OperatorUnderTest.start(spec, NOW, 2, new HashMapStateBackend(), checkpoint);
  }

  private static OperatorUnderTest.Spec<AuthenticatedTransaction, Reference<Product>, DecisionInput>
      enricher() {
    return new OperatorUnderTest.Spec<>(
        new ProductJoinOperator.Factory(new FakeReferenceTopic<>(), DecisionFixture.WAITS),
        AuthenticatedTransaction.TYPE,
        authenticated -> authenticated.transaction().productId(),
        ReferenceKind.PRODUCT.type(),
        Reference::key,
        DecisionInput.TYPE,
        LANES);
  }

  private static OperatorUnderTest.Spec<DecisionInput, Reference<Customer>, Verdict> turnstile() {
    Duration hour = Duration.ofHours(1);
    DecisionSettings settings =
        new DecisionSettings(
            new DedupSettings(hour, Duration.ofMinutes(10), hour),
            false,
            DecisionFixture.WAITS,
            hour,
            false);
    return new OperatorUnderTest.Spec<>(
        new DecisionOperatorFactory(
            settings, new FakeReferenceTopic<Customer>(), CheckpointCommit::new),
        DecisionInput.TYPE,
        decisionInput -> decisionInput.metadata().routingKey(),
        ReferenceKind.CUSTOMER.type(),
        Reference::key,
        Verdict.TYPE,
        LANES);
  }
}
