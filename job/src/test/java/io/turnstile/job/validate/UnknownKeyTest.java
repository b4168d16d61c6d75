package io.turnstile.job.validate;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.CarriedFields;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.job.harness.TokenIssuer;
import io.turnstile.job.read.InputRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Inputs whose key is unknown while the key server is away: a JWKS in a file that is missing. */
@Timeout(120)
class UnknownKeyTest {

  private static final long RECEIVED_AT = 1_800_000_000_000L;
  private static final AtomicLong NANOS = new AtomicLong();
  private static final AtomicLong LOOKS_AT_THE_CLOCK = new AtomicLong();

  @TempDir private Path directory;
  private TokenIssuer known;
  private TokenIssuer unknown;
  private String knownToken;
  private String unknownToken;
  private long time;
  private int processed;

  private OneInputStreamOperatorTestHarness<InputRecord, AuthenticatedTransaction> operator;

  @BeforeEach
  void start() throws Exception {
    unknown = new TokenIssuer(directory, "unknown");
    known = new TokenIssuer(directory, "known");
    knownToken = known.token("customer", RECEIVED_AT + 1_000);
    unknownToken = unknown.token("customer", RECEIVED_AT + 1_000);
    open(null);
    pass(Duration.ofSeconds(6));
    known.withdraw();
  }

  @AfterEach
  void stop() throws Exception {
    unknown.publish();
    close();
  }

  /** The harness finishes the operator, which waits for keys: by a clock that is still then. */
  private void close() throws Exception {
    passUntilDecided(processed);
    operator.close();
  }

  @Test
  void itWaitsAndIsOvertaken() throws Exception {
    process(0, unknownToken);
    process(1, knownToken);
    assertThat(offsets()).containsExactly(1L);
    for (int i = 0; i < 100; i++) {
      pass(Duration.ofSeconds(1));
    }
    assertThat(offsets()).as("however long nobody answers").containsExactly(1L);
    process(2, knownToken);
    assertThat(offsets()).containsExactly(1L, 2L);

    unknown.publish();
    passUntilDecided(3);
    assertThat(offsets()).containsExactly(1L, 2L, 0L);
    assertThat(operator.getSideOutput(ValidateTransaction.TURNED_AWAY)).isNull();
  }

  @Test
  void itIsInvalidWhenTheKeysHaveBeenReadWithoutItsKey() throws Exception {
    process(0, unknownToken);
    process(1, unknownToken);
    known.publish();
    passUntilDecided(2);
    assertThat(offsets()).isEmpty();
    ConcurrentLinkedQueue<StreamRecord<DecisionInput>> refused =
        operator.getSideOutput(ValidateTransaction.TURNED_AWAY);
    assertThat(refused)
        .allSatisfy(
            record ->
                assertThat(((DecisionInput.Refused) record.getValue()).reason())
                    .isEqualTo(RejectionReason.TOKEN_INVALID));
  }

  @Test
  void manyThatWaitedLeaveRoomForOthersWhenTheyAreDecided() throws Exception {
    int inputs = 3 * ValidateTransaction.RETRIED_AT_ONCE;
    for (int i = 0; i < inputs; i++) {
      process(i, unknownToken);
    }
    unknown.publish();
    while (decided() == 0) {
      pass(Duration.ofMillis(300));
      Thread.onSpinWait();
    }
    assertThat(decided()).isEqualTo(ValidateTransaction.RETRIED_AT_ONCE);
    pass(Duration.ofMillis(1));
    assertThat(decided())
        .as("the next in a moment")
        .isEqualTo(2 * ValidateTransaction.RETRIED_AT_ONCE);
    passUntilDecided(inputs);
  }

  @Test
  void itIsPartOfTheCheckpoint() throws Exception {
    for (int i = 0; i < 3; i++) {
      process(i, unknownToken);
    }
    process(3, knownToken);
    OperatorSubtaskState state = operator.snapshot(1, 1);
    unknown.publish();
    close();

    open(state);
    processed = 3;
    passUntilDecided(3);
    assertThat(offsets()).as("each once, the others not again").containsExactly(0L, 1L, 2L);
    assertThat(operator.snapshot(2, 2).getManagedOperatorState()).isNotEmpty();
    pass(Duration.ofSeconds(1));
    assertThat(offsets()).hasSize(3);
  }

  /** As a stricter build does after an upgrade. */
  @Test
  void whatCanBeReadNoMoreIsDeadLetterWithItsHeaders() throws Exception {
    byte[] value = encoded(unknownToken);
    process(0, value, new RecordHeaders().add("trace", new byte[] {7}));
    process(1, unknownToken);
    value[0] = '!';
    OperatorSubtaskState state = operator.snapshot(1, 1);
    unknown.publish();
    close();

    open(state);
    passUntilDecided(2);
    assertThat(offsets()).containsExactly(1L);
    assertThat(operator.getSideOutput(ValidateTransaction.TURNED_AWAY))
        .singleElement()
        .extracting(StreamRecord::getValue)
        .isInstanceOfSatisfying(
            DecisionInput.Unreadable.class,
            input -> {
              assertThat(input.metadata().position().offset()).isZero();
              assertThat(input.value()).isEqualTo(value);
              assertThat(input.code()).isEqualTo(DeadLetterCode.MALFORMED_JSON);
              assertThat(input.headers().lastHeader(InputHeaders.PREFIX + "trace").value())
                  .containsExactly(7);
            });
  }

  @Test
  void whenTooManyWaitTheSourceWaitsAndTheJobGoesOn() throws Exception {
    for (int i = 0; i < HeldInputs.MAX_INPUTS - 1; i++) {
      process(i, unknownToken);
    }
    assertThat(offsets()).isEmpty();
    AtomicBoolean goesOn = new AtomicBoolean();
    Thread server =
        new Thread(
            () -> {
              // For much longer than it is waited for one token.
              for (int i = 0; i < 30; i++) {
                NANOS.addAndGet(Duration.ofSeconds(1).toNanos());
                awaitLookAtTheClock();
              }
              publish();
              while (!goesOn.get()) {
                NANOS.addAndGet(Duration.ofSeconds(1).toNanos());
                Thread.onSpinWait();
              }
            });
    server.start();
    process(HeldInputs.MAX_INPUTS - 1, unknownToken);
    goesOn.set(true);
    server.join();
    assertThat(offsets()).as("room was made").startsWith(0L);
    passUntilDecided(HeldInputs.MAX_INPUTS);
    assertThat(offsets())
        .containsExactlyElementsOf(LongStream.range(0, HeldInputs.MAX_INPUTS).boxed().toList());
  }

  private void publish() {
    try {
      unknown.publish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long nanos() {
    LOOKS_AT_THE_CLOCK.incrementAndGet();
    return NANOS.get();
  }

  private static void awaitLookAtTheClock() {
    long before = LOOKS_AT_THE_CLOCK.get();
    while (LOOKS_AT_THE_CLOCK.get() == before) {
      Thread.onSpinWait();
    }
  }

  private void open(OperatorSubtaskState state) throws Exception {
    operator =
        new OneInputStreamOperatorTestHarness<>(
            new ValidateTransaction.Factory(
                known.settings(),
                () -> Map.of("transactions", "id"),
                CarriedFields.NONE,
                UnknownKeyTest::nanos));
    operator.setProcessingTime(time);
    operator.setup(AuthenticatedTransaction.TYPE.createSerializer(null));
    if (state != null) {
      operator.initializeState(state);
    }
    operator.open();
  }

  private void process(long offset, String token) throws Exception {
    process(offset, encoded(token), new RecordHeaders());
  }

  private void process(long offset, byte[] value, Headers headers) throws Exception {
    processed++;
    SourcePosition position = new SourcePosition("transactions", 0, offset);
    operator.processElement(
        new StreamRecord<>(new InputRecord(position, RECEIVED_AT, null, value, headers)));
  }

  private static byte[] encoded(String token) {
    return TransactionCodec.encode(
        new Transaction("id", "customer", "product", 1, 100, "EUR", 1, token));
  }

  private void pass(Duration duration) throws Exception {
    NANOS.addAndGet(duration.toNanos());
    time += duration.toMillis();
    operator.setProcessingTime(time);
  }

  /** The keys are read by a thread of its own. */
  private void passUntilDecided(int inputs) throws Exception {
    while (decided() < inputs) {
      pass(Duration.ofMillis(300));
      Thread.onSpinWait();
    }
    assertThat(decided()).isEqualTo(inputs);
  }

  private int decided() {
    ConcurrentLinkedQueue<?> refused = operator.getSideOutput(ValidateTransaction.TURNED_AWAY);
    return offsets().size() + (refused == null ? 0 : refused.size());
  }

  private List<Long> offsets() {
    return operator.extractOutputValues().stream()
        .map(transaction -> transaction.metadata().position().offset())
        .toList();
  }
}
