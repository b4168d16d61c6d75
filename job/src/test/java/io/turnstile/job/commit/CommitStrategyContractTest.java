package io.turnstile.job.commit;

import static io.turnstile.job.decide.DecisionFixture.dedup;
import static io.turnstile.job.harness.Samples.customerAt;
import static io.turnstile.job.harness.Samples.enriched;
import static io.turnstile.job.harness.Samples.transaction;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.decision.reference.Reference;
import io.turnstile.events.ContentHash;
import io.turnstile.events.Customer;
import io.turnstile.events.Outcome;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.decide.AcceptanceSink;
import io.turnstile.job.decide.CommitStrategy;
import io.turnstile.job.decide.DecisionFixture;
import io.turnstile.job.decide.DecisionOperatorFactory;
import io.turnstile.job.decide.DecisionSettings;
import io.turnstile.job.decide.RecoveredAcceptance;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.enrich.WaitSettings;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.harness.OperatorUnderTest.Checkpoint;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.RoutingKey;
import io.turnstile.job.validate.DecisionInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Duties of the operator to a writer that commits by itself. */
class CommitStrategyContractTest {

  private static final long START = 1_000_000;
  private static final long WAIT = 5_000;
  private static final Transaction TRANSACTION = transaction("customer", "id", "product", 1);

  /** Calls of the writer, over all attempts. */
  private final List<String> calls = new ArrayList<>();

  /** Inputs decided already, and what is to be put back into state with the next start. */
  private final Set<SourcePosition> decided = new HashSet<>();

  /** The acceptances that rejections name, over all attempts. */
  private final List<PriorAcceptance> named = new ArrayList<>();

  private final Map<String, Acceptance> recalled = new HashMap<>();

  private final FakeReferenceTopic<Customer> customers = new FakeReferenceTopic<>();
  private OperatorUnderTest<DecisionInput, Reference<Customer>, Verdict> turnstile;

  private final class RecordingWriter implements CommitStrategy {
    @Override
    public void initializeState(StateInitializationContext context) {
      calls.add("initializeState");
    }

    @Override
    public void open(AcceptanceSink<Exception> sink) throws Exception {
      calls.add("open");
      for (Map.Entry<String, Acceptance> entry : recalled.entrySet()) {
        sink.accept(new RecoveredAcceptance(entry.getKey(), entry.getValue()));
      }
    }

    @Override
    public boolean isDecided(int lane, InputMetadata metadata) {
      assertThat(lane).isEqualTo(RoutingKey.lane(metadata.routingKey(), DecisionFixture.LANES));
      return decided.remove(metadata.position());
    }

    @Override
    public void write(Verdict verdict) {
      calls.add(DecisionFixture.outcome(verdict) + " " + verdict.position().offset());
      if (verdict.outcome() == Outcome.REJECTED) {
        named.add(VerdictCodec.decodeRejected(verdict.value()).acceptance());
      }
    }

    @Override
    public void prepareSnapshot() {
      calls.add("prepareSnapshot");
    }

    @Override
    public void snapshotState(StateSnapshotContext context) {
      calls.add("snapshotState");
    }

    @Override
    public void finish() {
      calls.add("finish");
    }

    @Override
    public void close() {
      calls.add("close");
    }
  }

  @AfterEach
  void stop() {
    turnstile.close();
  }

  @Test
  void writerIsReadyBeforeTheFirstInputAndCommitsBeforeTheSnapshot() throws Exception {
    start(false, START, null);
    turnstile.first(enriched(TRANSACTION, 0, 0, START));
    turnstile.checkpoint();
    assertThat(calls)
        .containsExactly(
            "initializeState", "open", "ACCEPTED 0", "prepareSnapshot", "snapshotState");
  }

  @Test
  void whatStillWaitsAtTheEndIsWrittenBeforeTheWriterFinishes() throws Exception {
    start(true, START, null);
    turnstile.first(enriched(TRANSACTION, 0, 0, START));
    calls.clear();
    turnstile.endInputs();
    turnstile.finish();
    turnstile.close();
    assertThat(calls).containsExactly("UNKNOWN_CUSTOMER 0", "finish", "close");
  }

  @Test
  void crashFinishesNothing() throws Exception {
    start(false, START, null);
    turnstile.first(enriched(TRANSACTION, 0, 0, START));
    calls.clear();
    turnstile.close();
    assertThat(calls).containsExactly("close");
  }

  @Test
  void inputThatIsDecidedAlreadyGetsNoSecondVerdict() throws Exception {
    decided.add(new SourcePosition("transactions", 0, 0));
    start(false, START, null);
    calls.clear();
    turnstile.first(enriched(TRANSACTION, 0, 0, START));
    assertThat(calls).isEmpty();
    turnstile.first(enriched(TRANSACTION, 0, 1, START));
    assertThat(calls).as("nothing of it was kept either").containsExactly("ACCEPTED 1");
  }

  @Test
  void recalledAcceptanceCountsForItsCustomerOnly() throws Exception {
    recalled.put("customer", acceptance(TRANSACTION, 0));
    start(false, START, null);
    calls.clear();
    turnstile.first(enriched(TRANSACTION, 0, 1, START));
    turnstile.first(enriched(transaction("customer", "other", "product", 1), 0, 2, START));
    turnstile.first(enriched(transaction("another", "id", "product", 1), 0, 3, START));
    assertThat(calls).containsExactly("DUPLICATE_ID 1", "DUPLICATE_CONTENT 2", "ACCEPTED 3");
  }

  @Test
  void duplicateDecidedAfterATakeOverNamesTheSameAcceptanceAsBefore() throws Exception {
    start(false, START, null);
    turnstile.first(enriched(TRANSACTION, 0, 0, START + 15_000));
    Checkpoint checkpoint = turnstile.checkpoint();
    // Not in the checkpoint: decided later, received earlier.
    turnstile.first(enriched(TRANSACTION, 1, 7, START));
    turnstile.first(enriched(TRANSACTION, 0, 1, START + 8_000));
    PriorAcceptance before = named.get(named.size() - 1);
    assertThat(before).isEqualTo(new PriorAcceptance(1, 7, START, START));
    turnstile.close();
    recalled.put(
        "customer",
        new Acceptance(
            TRANSACTION.transactionId(), ContentHash.of(TRANSACTION), 1, 7, START, START));
    start(false, START + 60, checkpoint);
    calls.clear();
    turnstile.first(enriched(TRANSACTION, 0, 1, START + 8_000));
    assertThat(calls).containsExactly("DUPLICATE_ID 1");
    assertThat(named.get(named.size() - 1)).isEqualTo(before);
  }

  @Test
  void acceptanceRecalledTwiceIsKeptOnce() throws Exception {
    start(false, START, null);
    turnstile.first(enriched(TRANSACTION, 0, 0, START));
    Checkpoint checkpoint = turnstile.checkpoint();
    long size = checkpoint.state().getStateSize();
    turnstile.close();
    recalled.put("customer", acceptance(TRANSACTION, 0));
    start(false, START, checkpoint);
    assertThat(turnstile.checkpoint().state().getStateSize()).isEqualTo(size);
    calls.clear();
    turnstile.first(enriched(TRANSACTION, 0, 1, START));
    assertThat(calls).containsExactly("DUPLICATE_ID 1");
  }

  /** It waits in the checkpoint; the attempt after it found the customer, decided and crashed. */
  @Test
  void inputThatWaitedAndIsDecidedAlreadyGetsNoSecondVerdict() throws Exception {
    start(true, START, null);
    turnstile.first(enriched(TRANSACTION, 0, 0, START));
    turnstile.first(enriched(TRANSACTION, 0, 1, START));
    Checkpoint checkpoint = turnstile.checkpoint();
    turnstile.close();
    decided.add(new SourcePosition("transactions", 0, 0));
    recalled.put("customer", acceptance(TRANSACTION, 0));
    start(true, START, checkpoint);
    calls.clear();
    turnstile.second(customerAt(0, 0, "customer", 1));
    assertThat(calls).containsExactly("DUPLICATE_ID 1");
    assertThat(turnstile.gauge("waiting")).isZero();
  }

  @Test
  void theSameWhenTheWaitRunsOut() throws Exception {
    start(true, START, null);
    turnstile.first(enriched(TRANSACTION, 0, 0, START));
    Checkpoint checkpoint = turnstile.checkpoint();
    turnstile.close();
    decided.add(new SourcePosition("transactions", 0, 0));
    start(true, START, checkpoint);
    calls.clear();
    turnstile.advance(WAIT);
    assertThat(calls).isEmpty();
    assertThat(turnstile.gauge("waiting")).isZero();
    assertThat(decided).isEmpty();
  }

  private void start(boolean customersRequired, long now, Checkpoint checkpoint) throws Exception {
    var checkpointMode = DecisionFixture.spec(dedup(10_000, 10_000, 10_000));
    var spec =
        new OperatorUnderTest.Spec<>(
            new DecisionOperatorFactory(
                new DecisionSettings(
                    dedup(10_000, 10_000, 10_000),
                    customersRequired,
                    new WaitSettings(Duration.ofMillis(WAIT), Duration.ofMinutes(1)),
                    Duration.ofHours(1),
                    false),
                customers,
                (parameters, output, metrics) -> new RecordingWriter()),
            checkpointMode.firstType(),
            checkpointMode.firstKey(),
            checkpointMode.secondType(),
            checkpointMode.secondKey(),
            checkpointMode.outputType(),
            checkpointMode.maxParallelism());
    turnstile = OperatorUnderTest.start(spec, now, 1, new HashMapStateBackend(), checkpoint);
  }

  private static Acceptance acceptance(Transaction transaction, long offset) {
    return new Acceptance(
        transaction.transactionId(), ContentHash.of(transaction), 0, offset, START, START);
  }
}
