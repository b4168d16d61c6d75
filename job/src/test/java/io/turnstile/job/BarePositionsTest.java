package io.turnstile.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.events.SourcePosition;
import io.turnstile.job.decide.CommitStrategy;
import io.turnstile.job.decide.DecisionFixture;
import io.turnstile.job.decide.DecisionOperatorFactory;
import io.turnstile.job.decide.DecisionSettings;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.harness.EmptyReferenceTopic;
import io.turnstile.job.harness.Samples;
import io.turnstile.job.harness.TokenIssuer;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.PositionSet;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.RoutingKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The way of what is decided already through a real Flink runtime, against the stream and back. */
class BarePositionsTest {

  private static final int LANES = 4;
  private static final int INPUTS = 20_000;

  private static final AtomicLong BARE = new AtomicLong();
  private static final AtomicLong WHOLE = new AtomicLong();

  /** Bare ones since the last whole one, of all lanes and subtasks. */
  private static final AtomicLong BARE_IN_A_ROW = new AtomicLong();

  /** So many in a row say that the news of every lane has come through to every subtask. */
  private static final int ALL_KNOW = 100;

  @TempDir private static Path directory;

  /** Has a verdict of every input. */
  private static final class AllDecided implements CommitStrategy {
    private final Map<Integer, PositionSet> decided = new HashMap<>();

    AllDecided(TaskInfo task) {
      KeyGroupRange owned =
          KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
              LANES, task.getNumberOfParallelSubtasks(), task.getIndexOfThisSubtask());
      for (int lane : owned) {
        decided.put(lane, new PositionSet());
      }
      for (long offset = 0; offset < INPUTS; offset++) {
        PositionSet ofLane = decided.get(RoutingKey.lane(at(offset).toString(), LANES));
        if (ofLane != null) {
          ofLane.add(at(offset));
        }
      }
    }

    @Override
    public Map<Integer, PositionSet> decidedAhead() {
      return decided;
    }

    @Override
    public boolean isDecided(int lane, InputMetadata metadata) {
      boolean whole = metadata.routingKey().equals(metadata.position().toString());
      (whole ? WHOLE : BARE).incrementAndGet();
      BARE_IN_A_ROW.updateAndGet(before -> whole ? 0 : before + 1);
      return decided.get(lane).remove(metadata.position());
    }

    @Override
    public void write(Verdict verdict) {
      throw new IllegalStateException("a second verdict of " + verdict.position());
    }
  }

  @Test
  @Timeout(120)
  void whatIsDecidedComesToItsLaneOnceAndMostOfItAsABarePosition() throws Exception {
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(2);
    DecisionSettings settings =
        new DecisionSettings(
            new DedupSettings(Duration.ofHours(1), null, Duration.ofHours(1)),
            false,
            DecisionFixture.WAITS,
            Duration.ofHours(1),
            false);
    JobTopology.verdicts(
            new JobTopology.Inputs(
                environment
                    .fromSequence(0, INPUTS - 1)
                    .map(BarePositionsTest::inputInTime, InputRecord.TYPE)
                    // Else it would hold up the news for the operator behind it.
                    .disableChaining(),
                environment.fromData(
                    List.of(Samples.productAt(0, 0, "product", 1)), ReferenceKind.PRODUCT.type()),
                environment.fromData(
                    List.of(Samples.customerAt(0, 0, "customer", 1)),
                    ReferenceKind.CUSTOMER.type()),
                new EmptyReferenceTopic<Product>(),
                () -> Map.of("transactions", "id")),
            new TokenIssuer(directory).settings(),
            DecisionFixture.WAITS,
            new DecisionOperatorFactory(
                settings,
                new EmptyReferenceTopic<Customer>(),
                (parameters, output, metrics) ->
                    new AllDecided(parameters.getContainingTask().getEnvironment().getTaskInfo())),
            LANES)
        .sinkTo(new DiscardingSink<>());

    environment.execute();

    assertThat(WHOLE.get() + BARE.get()).isEqualTo(INPUTS);
    assertThat(BARE.get()).isGreaterThan(INPUTS / 2);
  }

  /** One that cannot be read; slowly until the news has come through. */
  private static InputRecord inputInTime(long offset) {
    if (BARE_IN_A_ROW.get() < ALL_KNOW) {
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
    return new InputRecord(at(offset), 0, null, null);
  }

  private static SourcePosition at(long offset) {
    return new SourcePosition("transactions", 0, offset);
  }
}
