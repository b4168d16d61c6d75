package io.turnstile.job.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.turnstile.decision.token.Jwks;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.job.codec.JwksSerializer;
import io.turnstile.job.harness.TokenIssuer;
import io.turnstile.job.read.InputRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Restarts while the keys cannot be read: a JWKS in a file that is missing. */
@Timeout(20)
class KeyServerAwayTest {

  private static final long START = 1_800_000_000_000L;
  private static final int MAX_PARALLELISM = 128;

  @TempDir private Path directory;
  private TokenIssuer issuer;
  private OperatorSubtaskState checkpoint;
  private final AtomicLong nanos = new AtomicLong();
  private long now = START;
  private final List<OneInputStreamOperatorTestHarness<InputRecord, AuthenticatedTransaction>>
      opened = new ArrayList<>();

  @BeforeEach
  void takeCheckpointAndLoseTheKeys() throws Exception {
    issuer = new TokenIssuer(directory);
    checkpoint = open(issuer.settings(), null, 1, 0).snapshot(1, 1);
    issuer.withdraw();
  }

  @AfterEach
  void close() throws Exception {
    issuer.publish();
    for (var operator : opened) {
      operator.close();
    }
  }

  @Test
  void keysOfTheCheckpointAreUsed() throws Exception {
    now += TokenSettings.JWKS_MAX_AGE.toMillis();
    var operator = open(issuer.settings(), checkpoint, 1, 0);
    assertPasses(operator);
  }

  @Test
  void keysThatAreTooOldAreNot() {
    now += TokenSettings.JWKS_MAX_AGE.toMillis() + 1;
    assertThatIOException()
        .isThrownBy(() -> open(issuer.settings(), checkpoint, 1, 0))
        .withMessageContaining("they were read 86400 s ago, the limit is 86400 s");
  }

  @Test
  void theirAgeIsKeptByCheckpointsWhileTheServerIsAway() throws Exception {
    now += TokenSettings.JWKS_MAX_AGE.toMillis();
    OperatorSubtaskState next = open(issuer.settings(), checkpoint, 1, 0).snapshot(2, 2);
    now++;
    assertThatIOException().isThrownBy(() -> open(issuer.settings(), next, 1, 0));
  }

  @Test
  void keysOfAnotherLocationAreNotUsed() throws Exception {
    TokenIssuer other = new TokenIssuer(Files.createDirectory(directory.resolve("other")));
    other.withdraw();
    assertThatIOException()
        .isThrownBy(() -> open(other.settings(), checkpoint, 1, 0))
        .withMessageContaining("NoSuchFileException")
        .withMessageNotContaining("checkpoint");
  }

  @Test
  void withoutCheckpointTheStartFails() {
    assertThatIOException()
        .isThrownBy(() -> open(issuer.settings(), null, 1, 0))
        .withMessageContaining("NoSuchFileException");
  }

  /** As a change of parallelism does; the keys are written once and not by each subtask. */
  @Test
  void everySubtaskHasTheKeysAlsoAfterRescaling() throws Exception {
    issuer.publish();
    OperatorSubtaskState first = open(issuer.settings(), null, 2, 0).snapshot(1, 1);
    OperatorSubtaskState second = open(issuer.settings(), null, 2, 1).snapshot(1, 1);
    issuer.withdraw();
    assertThat(jwksIn(first)).hasSize(1);
    assertThat(jwksIn(second)).isEmpty();

    OperatorSubtaskState all = AbstractStreamOperatorTestHarness.repackageState(first, second);
    for (int subtask = 0; subtask < 3; subtask++) {
      OperatorSubtaskState part =
          AbstractStreamOperatorTestHarness.repartitionOperatorState(
              all, MAX_PARALLELISM, 2, 3, subtask);
      assertPasses(open(issuer.settings(), part, 3, subtask));
    }
  }

  @Test
  void keysAreReadAgainWithoutAnyInput() throws Exception {
    issuer.publish();
    var operator = open(issuer.settings(), null, 1, 0);
    Jwks atFirst = onlyJwks(operator.snapshot(1, 1));
    assertThat(atFirst.readAt()).isEqualTo(now);
    new TokenIssuer(directory, "rotated");
    nanos.addAndGet(issuer.settings().keyRefresh().toNanos());
    Jwks last = atFirst;
    // The reading has a thread of its own.
    while (last.equals(atFirst)) {
      now += 1_000;
      operator.setProcessingTime(now);
      last = onlyJwks(operator.snapshot(1, 1));
      Thread.onSpinWait();
    }
    assertThat(last.text()).contains("rotated");
    assertThat(last.readAt()).isGreaterThan(atFirst.readAt());
  }

  private void assertPasses(
      OneInputStreamOperatorTestHarness<InputRecord, AuthenticatedTransaction> operator)
      throws Exception {
    Transaction transaction =
        new Transaction(
            "id", "customer", "product", 1, 100, "EUR", 1, issuer.token("customer", now + 60_000));
    operator.processElement(
        new StreamRecord<>(
            new InputRecord(
                new SourcePosition("transactions", 0, 0),
                now,
                null,
                TransactionCodec.encode(transaction))));
    assertThat(operator.extractOutputValues()).hasSize(1);
  }

  private OneInputStreamOperatorTestHarness<InputRecord, AuthenticatedTransaction> open(
      TokenSettings settings, OperatorSubtaskState state, int parallelism, int subtask)
      throws Exception {
    OneInputStreamOperatorTestHarness<InputRecord, AuthenticatedTransaction> operator =
        new OneInputStreamOperatorTestHarness<>(
            new ValidateTransaction.Factory(
                settings, () -> Map.of("transactions", "id"), CarriedFields.NONE, nanos::get),
            MAX_PARALLELISM,
            parallelism,
            subtask);
    operator.setProcessingTime(now);
    operator.setup(AuthenticatedTransaction.TYPE.createSerializer(null));
    if (state != null) {
      operator.initializeState(state);
    }
    operator.open();
    opened.add(operator);
    return operator;
  }

  private static Jwks onlyJwks(OperatorSubtaskState state) throws IOException {
    List<Jwks> all = jwksIn(state);
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  private static List<Jwks> jwksIn(OperatorSubtaskState state) throws IOException {
    List<Jwks> all = new ArrayList<>();
    for (OperatorStateHandle handle : state.getManagedOperatorState()) {
      try (FSDataInputStream in = handle.openInputStream()) {
        for (long offset : handle.getStateNameToPartitionOffsets().get("jwks").getOffsets()) {
          in.seek(offset);
          all.add(JwksSerializer.INSTANCE.deserialize(new DataInputViewStreamWrapper(in)));
        }
      }
    }
    return all;
  }
}
