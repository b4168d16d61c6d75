package io.turnstile.job.validate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.decision.token.SavedTokens;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.job.codec.SavedTokensSerializer;
import io.turnstile.job.harness.TokenIssuer;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.PositionSet;
import io.turnstile.job.read.RoutingKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidateTransactionTest {

  private static final long RECEIVED_AT = 1_800_000_000_000L;
  private static final SourcePosition POSITION = new SourcePosition("transactions", 3, 42);
  private static final byte[] KEY = {9, -9};

  @TempDir private static Path directory;
  private static TokenIssuer issuer;

  private OneInputStreamOperatorTestHarness<InputRecord, AuthenticatedTransaction> intake;

  @BeforeAll
  static void publishKeys() throws Exception {
    issuer = new TokenIssuer(directory);
  }

  @BeforeEach
  void start() throws Exception {
    start(CarriedFields.NONE);
  }

  private void start(CarriedFields carried) throws Exception {
    stop();
    intake =
        new OneInputStreamOperatorTestHarness<>(
            new ValidateTransaction.Factory(
                issuer.settings(), () -> Map.of("transactions", "id"), carried));
    intake.setup(AuthenticatedTransaction.TYPE.createSerializer(null));
    intake.open();
  }

  @AfterEach
  void stop() throws Exception {
    if (intake != null) {
      intake.close();
    }
  }

  @Test
  void goodTransactionPassesAndLeavesItsTokenBehind() throws Exception {
    Transaction transaction =
        transaction("customer", issuer.token("customer", RECEIVED_AT + 1_000));
    process(TransactionCodec.encode(transaction));
    assertThat(intake.extractOutputValues())
        .containsExactly(
            new AuthenticatedTransaction(
                new InputMetadata(POSITION, RECEIVED_AT, "customer"), transaction.withoutToken()));
    assertThat(intake.getSideOutput(ValidateTransaction.TURNED_AWAY)).isNull();
  }

  @Test
  void namedFieldsAreCarried() throws Exception {
    start(CarriedFields.of(List.of("channel")));
    Transaction transaction =
        transaction("customer", issuer.token("customer", RECEIVED_AT + 1_000));
    process(with("\"channel\": \"web\",\"other\":1", transaction));
    assertThat(intake.extractOutputValues())
        .containsExactly(
            new AuthenticatedTransaction(
                new InputMetadata(POSITION, RECEIVED_AT, "customer"),
                transaction.withoutToken(),
                "{\"channel\":\"web\"}"));
  }

  @Test
  void fieldsThatAreTooLongToBeCarriedMakeADeadLetterOfItsCustomer() throws Exception {
    start(CarriedFields.of(List.of("channel")));
    byte[] value =
        with(
            "\"channel\":\"" + "x".repeat(CarriedFields.MAX_BYTES) + "\"",
            transaction("customer", "no token"));
    process(value);
    assertThat(intake.getSideOutput(ValidateTransaction.TURNED_AWAY))
        .singleElement()
        .extracting(StreamRecord::getValue)
        .isInstanceOfSatisfying(
            DecisionInput.Unreadable.class,
            unreadable -> {
              assertThat(unreadable.code()).isEqualTo(DeadLetterCode.SCHEMA_VIOLATION);
              assertThat(unreadable.metadata().routingKey()).isEqualTo("customer");
              assertThat(unreadable.value()).isEqualTo(value);
            });
  }

  private static byte[] with(String field, Transaction transaction) {
    String plain = new String(TransactionCodec.encode(transaction), UTF_8);
    return ("{" + field + "," + plain.substring(1)).getBytes(UTF_8);
  }

  @Test
  void inputThatHasItsVerdictPassesAsItsPositionWithoutBeingRead() throws Exception {
    PositionSet found = new PositionSet();
    found.add(POSITION);
    ((ValidateTransaction) intake.getOperator()).handleOperatorEvent(DecidedInLane.of(5, 8, found));

    process("{".getBytes(UTF_8));
    process("{".getBytes(UTF_8));

    assertThat(intake.getSideOutput(ValidateTransaction.TURNED_AWAY))
        .extracting(StreamRecord::getValue)
        .satisfiesExactly(
            first ->
                assertThat(first)
                    .isEqualTo(
                        new DecisionInput.AlreadyDecided(
                            new InputMetadata(POSITION, RECEIVED_AT, RoutingKey.into(5, 8)))),
            second -> assertThat(second).isInstanceOf(DecisionInput.Unreadable.class));
  }

  @Test
  void tokenThatVerifiedIsKnownAfterARestartAndAfterTheNext() throws Exception {
    long later = System.currentTimeMillis() + 3_600_000;
    process(TransactionCodec.encode(transaction("customer", issuer.token("customer", later))));
    OperatorSubtaskState checkpoint = intake.snapshot(1, 1);
    intake.close();

    intake =
        new OneInputStreamOperatorTestHarness<>(
            new ValidateTransaction.Factory(issuer.settings(), () -> Map.of("transactions", "id")));
    intake.setup(AuthenticatedTransaction.TYPE.createSerializer(null));
    intake.initializeState(checkpoint);
    intake.open();

    SavedTokens again = verifiedTokens(intake.snapshot(2, 2));
    assertThat(again).isEqualTo(verifiedTokens(checkpoint));
    assertThat(again.byKey().values())
        .singleElement()
        .satisfies(
            tokens ->
                assertThat(tokens)
                    .extracting(SavedTokens.Token::subject)
                    .containsExactly("customer"));
  }

  private static SavedTokens verifiedTokens(OperatorSubtaskState state) throws Exception {
    OperatorStateHandle handle = state.getManagedOperatorState().iterator().next();
    try (FSDataInputStream in = handle.openInputStream()) {
      in.seek(handle.getStateNameToPartitionOffsets().get("verified-tokens").getOffsets()[0]);
      return SavedTokensSerializer.INSTANCE.deserialize(new DataInputViewStreamWrapper(in));
    }
  }

  @Test
  void tokenIsJudgedByTheTimeOfReceiptAndNotByTheClock() throws Exception {
    long expiry = System.currentTimeMillis() - 3_600_000;
    String token = issuer.token("customer", expiry);
    process(expiry - 1_000, TransactionCodec.encode(transaction("customer", token)));
    assertThat(intake.extractOutputValues()).hasSize(1);
  }

  @Test
  void expiredTokenIsRefused() throws Exception {
    process(
        TransactionCodec.encode(
            transaction("customer", issuer.token("customer", RECEIVED_AT - 1_000))));
    DecisionInput.Refused refused = (DecisionInput.Refused) turnedAway();
    assertThat(refused.reason()).isEqualTo(RejectionReason.TOKEN_EXPIRED);
    assertThat(refused.transactionId()).isEqualTo("id");
    assertThat(refused.customerId()).isEqualTo("customer");
    assertThat(refused.metadata()).isEqualTo(new InputMetadata(POSITION, RECEIVED_AT, "customer"));
  }

  @Test
  void tokenOfAnotherCustomerIsRefusedUnderTheCustomerOfThePayload() throws Exception {
    process(
        TransactionCodec.encode(
            transaction("victim", issuer.token("attacker", RECEIVED_AT + 1_000))));
    DecisionInput.Refused refused = (DecisionInput.Refused) turnedAway();
    assertThat(refused.reason()).isEqualTo(RejectionReason.TOKEN_SUBJECT_MISMATCH);
    assertThat(refused.metadata().routingKey()).isEqualTo("victim");
  }

  @Test
  void invalidTokenIsRefused() throws Exception {
    process(TransactionCodec.encode(transaction("customer", "not a token")));
    assertThat(((DecisionInput.Refused) turnedAway()).reason())
        .isEqualTo(RejectionReason.TOKEN_INVALID);
  }

  @Test
  void unreadableInputKeepsItsBytes() throws Exception {
    byte[] value = {'{', -1};
    process(value);
    DecisionInput.Unreadable unreadable = (DecisionInput.Unreadable) turnedAway();
    assertThat(unreadable.code()).isEqualTo(DeadLetterCode.MALFORMED_JSON);
    assertThat(unreadable.key()).isEqualTo(KEY);
    assertThat(unreadable.value()).isEqualTo(value);
    assertThat(unreadable.metadata())
        .as("routed by its position")
        .isEqualTo(new InputMetadata(POSITION, RECEIVED_AT, "transactions/3/42"));
  }

  @Test
  void unreadableInputKeepsItsHeadersUnderNamesThatNoVerdictHas() throws Exception {
    Headers headers =
        new RecordHeaders().add("traceparent", new byte[] {1}).add("source-offset", null);
    intake.processElement(
        new StreamRecord<>(
            new InputRecord(POSITION, RECEIVED_AT, KEY, "{".getBytes(UTF_8), headers)));
    assertThat(((DecisionInput.Unreadable) turnedAway()).headers())
        .isEqualTo(
            new RecordHeaders()
                .add("input.traceparent", new byte[] {1})
                .add("input.source-offset", null));
  }

  @Test
  void nullInputStaysNull() throws Exception {
    process(null);
    DecisionInput.Unreadable unreadable = (DecisionInput.Unreadable) turnedAway();
    assertThat(unreadable.code()).isEqualTo(DeadLetterCode.MALFORMED_JSON);
    assertThat(unreadable.value()).isNull();
    assertThat(unreadable.key()).isEqualTo(KEY);
  }

  @Test
  void tooLargeInputIsRoutedByItsPosition() throws Exception {
    process(new byte[TransactionCodec.MAX_VALUE_BYTES + 1]);
    DecisionInput.Unreadable unreadable = (DecisionInput.Unreadable) turnedAway();
    assertThat(unreadable.code()).isEqualTo(DeadLetterCode.TOO_LARGE);
    assertThat(unreadable.metadata().routingKey()).isEqualTo("transactions/3/42");
  }

  @Test
  void wrongShapeIsRoutedByItsCustomerIfThatIsReadable() throws Exception {
    process("{\"customer_id\":\"customer\"}".getBytes(UTF_8));
    DecisionInput.Unreadable unreadable = (DecisionInput.Unreadable) turnedAway();
    assertThat(unreadable.code()).isEqualTo(DeadLetterCode.SCHEMA_VIOLATION);
    assertThat(unreadable.metadata().routingKey()).isEqualTo("customer");
  }

  @Test
  void wrongShapeWithoutAUsableCustomerIsRoutedByItsPosition() throws Exception {
    for (String customer : new String[] {"7", "\"\"", "\"" + "x".repeat(257) + "\"", "null"}) {
      process("{\"customer_id\":%s}".formatted(customer).getBytes(UTF_8));
      assertThat(turnedAway().metadata().routingKey()).isEqualTo("transactions/3/42");
    }
  }

  private void process(byte[] value) throws Exception {
    process(RECEIVED_AT, value);
  }

  private void process(long receivedAt, byte[] value) throws Exception {
    intake.processElement(new StreamRecord<>(new InputRecord(POSITION, receivedAt, KEY, value)));
  }

  /** The only one since the last call; nothing passed. */
  private DecisionInput turnedAway() {
    assertThat(intake.extractOutputValues()).isEmpty();
    assertThat(intake.getSideOutput(ValidateTransaction.TURNED_AWAY)).hasSize(1);
    return intake.getSideOutput(ValidateTransaction.TURNED_AWAY).poll().getValue();
  }

  private static Transaction transaction(String customer, String token) {
    return new Transaction("id", customer, "product", 1, 100, "EUR", 1, token);
  }
}
