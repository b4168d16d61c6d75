package io.turnstile.job.decide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.job.validate.DecidedInputsRelay;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.runtime.checkpoint.CheckpointException;
import org.apache.flink.runtime.checkpoint.CheckpointFailureReason;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.EventReceivingTasks;
import org.apache.flink.runtime.operators.coordination.MockOperatorCoordinatorContext;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The coordinator of a job that stands by, between fake tasks. */
class StandbyCoordinatorTest {

  private static final OperatorID DECIDE = new OperatorID();

  private final EventReceivingTasks tasks = EventReceivingTasks.createForRunningTasks();
  private OperatorCoordinator coordinator;

  @BeforeEach
  void start() throws Exception {
    coordinator =
        new StandbyCoordinator.StandbyProvider(DecidedInputsRelay.ofSender(DECIDE))
            .create(new MockOperatorCoordinatorContext(DECIDE, 2));
    coordinator.start();
    runs(0, 0);
    runs(1, 0);
  }

  private void runs(int subtask, int attempt) {
    coordinator.executionAttemptReady(
        subtask, attempt, tasks.createGatewayForSubtask(subtask, attempt));
  }

  private void says(int subtask, StandbySignal signal) throws Exception {
    coordinator.handleEventFromOperator(subtask, 0, signal);
  }

  @Test
  void nobodyTakesOverBeforeAllAreReady() throws Exception {
    says(0, StandbySignal.READY);
    assertThat(tasks.getNumberOfSentEvents()).isZero();
    says(1, StandbySignal.READY);
    for (int subtask = 0; subtask < 2; subtask++) {
      assertThat(tasks.getSentEventsForSubtask(subtask)).containsExactly(StandbySignal.TAKE_OVER);
    }
    says(0, StandbySignal.TAKEN_OVER);
    assertThat(tasks.getNumberOfSentEvents()).as("told once").isEqualTo(2);
  }

  /** Who is not ready may get no inputs as long as the other one does not read. */
  @Test
  void allTakeOverWhenOneCanHoldNoMore() throws Exception {
    says(0, StandbySignal.STANDS_BY);
    says(1, StandbySignal.STANDS_BY);
    says(0, StandbySignal.FULL);
    for (int subtask = 0; subtask < 2; subtask++) {
      assertThat(tasks.getSentEventsForSubtask(subtask)).containsExactly(StandbySignal.TAKE_OVER);
    }
    says(1, StandbySignal.READY);
    assertThat(tasks.getNumberOfSentEvents()).as("told once").isEqualTo(2);
  }

  /** The lanes of the first would have no owner until the second is open, and has taken over. */
  @Test
  void whoCanHoldNoMoreWaitsUntilAllStandBy() throws Exception {
    says(0, StandbySignal.STANDS_BY);
    says(0, StandbySignal.FULL);
    assertThat(tasks.getNumberOfSentEvents()).isZero();
    says(1, StandbySignal.STANDS_BY);
    for (int subtask = 0; subtask < 2; subtask++) {
      assertThat(tasks.getSentEventsForSubtask(subtask)).containsExactly(StandbySignal.TAKE_OVER);
    }
  }

  @Test
  void whoHasTakenOverAlreadyIsNotWaitedFor() throws Exception {
    says(0, StandbySignal.TAKEN_OVER);
    says(1, StandbySignal.STANDS_BY);
    assertThat(tasks.getNumberOfSentEvents()).isZero();
    says(1, StandbySignal.FULL);
    assertThat(tasks.getSentEventsForSubtask(0)).isEmpty();
    assertThat(tasks.getSentEventsForSubtask(1)).containsExactly(StandbySignal.TAKE_OVER);
  }

  @Test
  void subtaskThatHasFailedDoesNotStandByUntilItsNextAttemptSaysSo() throws Exception {
    says(1, StandbySignal.STANDS_BY);
    fails(1);
    says(0, StandbySignal.STANDS_BY);
    says(0, StandbySignal.FULL);
    runs(1, 1);
    assertThat(tasks.getNumberOfSentEvents()).isZero();
    says(1, StandbySignal.STANDS_BY);
    assertThat(tasks.getSentEventsForSubtask(1)).containsExactly(StandbySignal.TAKE_OVER);
  }

  /** What a subtask says may come sooner than that Flink knows it to run. */
  @Test
  void whoIsKnownToRunAfterwardsIsToldToo() throws Exception {
    fails(1);
    says(0, StandbySignal.READY);
    says(1, StandbySignal.READY);
    assertThat(tasks.getNumberOfSentEvents()).isEqualTo(1);
    runs(1, 1);
    assertThat(tasks.getSentEventsForSubtask(1)).containsExactly(StandbySignal.TAKE_OVER);
  }

  /** A restart in the middle of a take-over: it may find some lanes its own, and others not. */
  @Test
  void whoHasTakenOverAlreadyIsReady() throws Exception {
    says(0, StandbySignal.TAKEN_OVER);
    says(1, StandbySignal.READY);
    assertThat(tasks.getSentEventsForSubtask(0)).isEmpty();
    assertThat(tasks.getSentEventsForSubtask(1)).containsExactly(StandbySignal.TAKE_OVER);
  }

  @Test
  void noCheckpointIsTakenBeforeAllHaveTakenOver() throws Exception {
    says(0, StandbySignal.TAKEN_OVER);
    assertThatThrownBy(checkpoint()::join)
        .cause()
        .isInstanceOfSatisfying(
            CheckpointException.class,
            e ->
                assertThat(e.getCheckpointFailureReason())
                    .isEqualTo(CheckpointFailureReason.CHECKPOINT_DECLINED_TASK_NOT_READY));
    says(1, StandbySignal.TAKEN_OVER);
    assertThat(checkpoint()).isCompleted();
  }

  /** Its first attempt; the next one is not known to run yet. */
  private void fails(int subtask) {
    coordinator.executionAttemptFailed(subtask, 0, null);
    coordinator.subtaskReset(subtask, OperatorCoordinator.NO_CHECKPOINT);
  }

  private CompletableFuture<byte[]> checkpoint() throws Exception {
    CompletableFuture<byte[]> result = new CompletableFuture<>();
    coordinator.checkpointCoordinator(1, result);
    return result;
  }

  @Test
  void nextAttemptIsAskedAnew() throws Exception {
    says(0, StandbySignal.READY);
    says(1, StandbySignal.READY);
    says(0, StandbySignal.TAKEN_OVER);
    says(1, StandbySignal.TAKEN_OVER);
    for (int subtask = 0; subtask < 2; subtask++) {
      fails(subtask);
    }
    runs(0, 1);
    runs(1, 1);
    assertThat(checkpoint()).isCompletedExceptionally();
    assertThat(tasks.getSentEventsForSubtask(0)).hasSize(1);
    says(0, StandbySignal.READY);
    assertThat(tasks.getSentEventsForSubtask(0)).hasSize(1);
    says(1, StandbySignal.READY);
    assertThat(tasks.getSentEventsForSubtask(0)).hasSize(2);
  }
}
