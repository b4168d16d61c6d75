package io.turnstile.job.validate;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.SourcePosition;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.PositionSet;
import io.turnstile.job.read.RoutingKey;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.SimpleCounter;
import org.junit.jupiter.api.Test;

class DecidedInputsTest {

  private static final int LANES = 8;

  private final Counter taken = new SimpleCounter();
  private final DecidedInputs decided = new DecidedInputs(taken);

  @Test
  void decidedInputLeavesOnceAndIntoTheLaneOfItsVerdict() {
    decided.add(found(3, at(0, 10), at(1, 10)));
    decided.add(found(6, at(0, 11)));

    DecisionInput.AlreadyDecided first = take(0, 10);
    assertThat(first.metadata().position()).isEqualTo(at(0, 10));
    assertThat(first.metadata().receivedAt()).isEqualTo(10);
    assertThat(lane(first)).isEqualTo(3);
    assertThat(lane(take(0, 11))).isEqualTo(6);
    assertThat(take(0, 11)).isNull();
    assertThat(take(2, 10)).isNull();
    assertThat(lane(take(1, 10))).isEqualTo(3);
    assertThat(taken.getCount()).isEqualTo(3);
  }

  @Test
  void inputThatComesLateOrOutOfOrderIsStillKnown() {
    decided.add(found(3, at(0, 5), at(0, 7), at(0, 9)));

    assertThat(take(0, 6)).isNull();
    assertThat(take(0, 9)).isNotNull();
    assertThat(take(0, 5)).isNotNull();
  }

  @Test
  void whatReplayHasPassedIsForgotten() {
    decided.add(found(3, at(0, 5)));
    decided.add(found(4, at(0, 8)));

    for (int miss = 0; miss < DecidedInputs.MISSES; miss++) {
      assertThat(take(0, 6)).isNull();
    }

    assertThat(take(0, 5)).as("a subset is enough").isNull();
    assertThat(take(0, 8)).isNotNull();
  }

  @Test
  void nothingIsLookedUpAfterTheSecondCheckpoint() {
    decided.add(found(3, at(0, 5), at(0, 6), at(0, 7)));

    decided.checkpointCompleted();
    assertThat(take(0, 5)).isNotNull();
    decided.checkpointCompleted();
    assertThat(take(0, 6)).isNull();
    decided.add(found(3, at(0, 7)));
    assertThat(take(0, 7)).as("news that comes too late").isNull();
  }

  @Test
  void newsOfALaneTakesThePlaceOfOlderNews() {
    decided.add(found(3, at(0, 5)));
    decided.add(found(3, at(0, 6)));

    assertThat(take(0, 5)).isNull();
    assertThat(take(0, 6)).isNotNull();
  }

  @Test
  void everyLaneHasAKey() {
    for (int lane = 0; lane < 128; lane++) {
      assertThat(RoutingKey.lane(RoutingKey.into(lane, 128), 128)).isEqualTo(lane);
    }
  }

  private static DecidedInLane found(int lane, SourcePosition... positions) {
    PositionSet set = new PositionSet();
    for (SourcePosition position : positions) {
      set.add(position);
    }
    return DecidedInLane.of(lane, LANES, set);
  }

  private DecisionInput.AlreadyDecided take(int partition, long offset) {
    return decided.take(new InputRecord(at(partition, offset), 10, null, new byte[0]));
  }

  private static SourcePosition at(int partition, long offset) {
    return new SourcePosition("transactions", partition, offset);
  }

  private static int lane(DecisionInput input) {
    return RoutingKey.lane(input.metadata().routingKey(), LANES);
  }
}
