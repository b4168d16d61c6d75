package io.turnstile.job.validate;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Inputs whose key is unknown while the key server is away: a JWKS in a file that is missing. */
@Timeout(20)
class UnknownKeyTest {

  private static final long RECEIVED_AT = 1_800_000_000_000L;
  private static final AtomicLong NANOS = new AtomicLong();

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

  @Test
  void whenTooManyWaitTheSourceWaitsAndTheJobGoesOn() throws Exception {
    for (int i = 0; i < HeldInputs.MAX_INPUTS - 1; i++) {
      process(i, unknownToken);
    }
    assertThat(offsets()).isEmpty();
    AtomicBoolean goesOn = new AtomicBoolean();
    Thread task = Thread.currentThread();
    Thread server =
        new Thread(
            () -> {
              // For much longer than it is waited for one token.
              for (int i = 0; i < 30; i++) {
                NANOS.addAndGet(Duration.ofSeconds(1).toNanos());
                awaitSleep(task, true);
                awaitSleep(task, false);
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

  private static void awaitSleep(Thread task, boolean asleep) {
    while ((task.getState() == Thread.State.TIMED_WAITING) != asleep) {
      Thread.onSpinWait();
    }
  }

  private void open(OperatorSubtaskState state) throws Exception {
    operator =
        new OneInputStreamOperatorTestHarness<>(
            new ValidateTransaction.Factory(
                known.settings(), () -> Map.of("transactions", "id"), NANOS::get));
    operator.setup(AuthenticatedTransaction.TYPE.createSerializer(null));
    if (state != null) {
      operator.initializeState(state);
    }
    operator.open();
    operator.setProcessingTime(time);
  }

  private void process(long offset, String token) throws Exception {
    processed++;
    Transaction transaction = new Transaction("id", "customer", "product", 1, 100, "EUR", 1, token);
    operator.processElement(
        new StreamRecord<>(
            new InputRecord(
                new SourcePosition("transactions", 0, offset),
                RECEIVED_AT,
                null,
                TransactionCodec.encode(transaction))));
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
