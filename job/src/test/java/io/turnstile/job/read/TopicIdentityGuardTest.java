package io.turnstile.job.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;

class TopicIdentityGuardTest {

  private static final int SUBTASKS = 2;

  /** A function that does nothing but ask the guard. */
  private static final class Guarded extends ProcessFunction<Integer, Integer>
      implements CheckpointedFunction {
    private final TopicIdentityGuard guard;

    Guarded(TopicIdentities topics) {
      guard = new TopicIdentityGuard(topics);
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
      guard.initializeState(context);
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) {}

    @Override
    public void processElement(Integer value, Context context, Collector<Integer> out) {}
  }

  @Test
  void sameTopicsAreRestoredAtAnyParallelism() throws Exception {
    OperatorSubtaskState both =
        AbstractStreamOperatorTestHarness.repackageState(
            run(Map.of("a", "1", "b", "2"), null, SUBTASKS, 0),
            run(Map.of("a", "1", "b", "2"), null, SUBTASKS, 1));
    for (int i = 0; i < 3; i++) {
      OperatorSubtaskState part =
          AbstractStreamOperatorTestHarness.repartitionOperatorState(both, 8, SUBTASKS, 3, i);
      assertThat(run(Map.of("a", "1", "b", "2"), part, 3, i)).isNotNull();
    }
  }

  @Test
  void recreatedTopicStopsTheJobForGood() throws Exception {
    OperatorSubtaskState state = run(Map.of("a", "1", "b", "2"), null, 1, 0);
    assertThatThrownBy(() -> run(Map.of("a", "1", "b", "3"), state, 1, 0))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContaining("input topic b was deleted and created again")
        .hasMessageContaining("id 2, now 3");
  }

  @Test
  void identityIsKeptOverCheckpointsOfLaterAttempts() throws Exception {
    OperatorSubtaskState first = run(Map.of("a", "1"), null, 1, 0);
    OperatorSubtaskState second = run(Map.of("a", "1"), first, 1, 0);
    assertThatThrownBy(() -> run(Map.of("a", "2"), second, 1, 0))
        .isInstanceOf(SuppressRestartsException.class);
  }

  @Test
  void newInputTopicIsRememberedFromThenOn() throws Exception {
    OperatorSubtaskState first = run(Map.of("a", "1"), null, 1, 0);
    OperatorSubtaskState second = run(Map.of("a", "1", "b", "2"), first, 1, 0);
    assertThatThrownBy(() -> run(Map.of("a", "1", "b", "3"), second, 1, 0))
        .isInstanceOf(SuppressRestartsException.class);
  }

  @Test
  void idsThatCannotBeHadNowMayBeHadLater() {
    assertThatThrownBy(
            () ->
                run(
                    () -> {
                      throw new IOException("no broker answers");
                    },
                    null,
                    1,
                    0))
        .isInstanceOf(IOException.class)
        .hasMessage("no broker answers");
  }

  private static OperatorSubtaskState run(
      Map<String, String> ids, OperatorSubtaskState restored, int parallelism, int subtask)
      throws Exception {
    return run(() -> ids, restored, parallelism, subtask);
  }

  /** Starts, takes a checkpoint and stops. */
  private static OperatorSubtaskState run(
      TopicIdentities topics, OperatorSubtaskState restored, int parallelism, int subtask)
      throws Exception {
    OneInputStreamOperatorTestHarness<Integer, Integer> harness =
        new OneInputStreamOperatorTestHarness<>(
            new ProcessOperator<>(new Guarded(topics)), 8, parallelism, subtask);
    try {
      harness.setup();
      if (restored != null) {
        harness.initializeState(restored);
      }
      harness.open();
      return harness.snapshot(1, 1);
    } finally {
      harness.close();
    }
  }
}
