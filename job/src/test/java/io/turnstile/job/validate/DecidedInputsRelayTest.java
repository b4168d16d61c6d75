package io.turnstile.job.validate;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.SourcePosition;
import io.turnstile.job.read.PositionSet;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.EventReceivingTasks;
import org.apache.flink.runtime.operators.coordination.MockOperatorCoordinatorContext;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The two coordinators of a job, between fake tasks. */
class DecidedInputsRelayTest {

  private static final OperatorID VALIDATE = new OperatorID();
  private static final OperatorID DECIDE = new OperatorID();

  private final EventReceivingTasks tasks = EventReceivingTasks.createForRunningTasks();
  private OperatorCoordinator validate;
  private OperatorCoordinator decide;

  @BeforeEach
  void start() throws Exception {
    MockOperatorCoordinatorContext job = new MockOperatorCoordinatorContext(VALIDATE, 2);
    validate = DecidedInputsRelay.ofReceiver(VALIDATE).create(job);
    decide = DecidedInputsRelay.ofSender(DECIDE).create(job);
    validate.start();
    decide.start();
  }

  @Test
  void everySubtaskHearsOfEveryLaneWhoeverIsReadyFirst() throws Exception {
    ready(validate, 0, 0);
    decide.handleEventFromOperator(0, 0, found(0, 5));
    decide.handleEventFromOperator(1, 0, found(1, 6));
    ready(validate, 1, 0);
    // Those that decide are not told.
    ready(decide, 5, 0);

    assertThat(lanes(0)).containsExactlyInAnyOrder(0, 1);
    assertThat(lanes(1)).containsExactlyInAnyOrder(0, 1);
    assertThat(tasks.getSentEventsForSubtask(5)).isEmpty();
  }

  @Test
  void nothingOfAnAttemptIsSentToTheNext() throws Exception {
    ready(validate, 0, 0);
    decide.handleEventFromOperator(0, 0, found(0, 5));
    decide.executionAttemptFailed(0, 0, null);
    validate.executionAttemptFailed(0, 0, null);
    decide.subtaskReset(0, 1);
    validate.subtaskReset(0, 1);

    ready(validate, 0, 1);

    assertThat(lanes(0)).containsExactly(0);
    decide.handleEventFromOperator(0, 1, found(1, 5));
    assertThat(lanes(0)).containsExactly(0, 1);
  }

  @Test
  void globalRestartForgetsEverything() throws Exception {
    ready(validate, 0, 0);
    decide.handleEventFromOperator(0, 0, found(0, 5));
    validate.resetToCheckpoint(1, new byte[0]);
    decide.resetToCheckpoint(OperatorCoordinator.NO_CHECKPOINT, null);

    decide.handleEventFromOperator(0, 1, found(1, 5));
    ready(validate, 1, 1);

    assertThat(lanes(0)).containsExactly(0);
    assertThat(lanes(1)).containsExactly(1);
  }

  @Test
  void checkpointsHoldNothingOfIt() throws Exception {
    CompletableFuture<byte[]> state = new CompletableFuture<>();
    decide.handleEventFromOperator(0, 0, found(0, 5));

    decide.checkpointCoordinator(1, state);

    assertThat(state.get()).isEmpty();
  }

  @Test
  void laneWithoutAnyIsNotSent() {
    List<OperatorEvent> sent = new ArrayList<>();

    DecidedInputsRelay.send(sent::add, 0, 8, new PositionSet());
    DecidedInputsRelay.send(sent::add, 1, 8, positions(5));

    assertThat(sent)
        .singleElement()
        .isInstanceOfSatisfying(
            DecidedInLane.class, found -> assertThat(found.positionSet()).isEqualTo(positions(5)));
  }

  @Test
  void whatIsTooLargeForAMessageIsLeftOut() {
    List<OperatorEvent> sent = new ArrayList<>();
    PositionSet scattered = new PositionSet();
    SplittableRandom random = new SplittableRandom(1);
    // Two bytes each when they are far apart.
    for (long offset = 0; scattered.size() <= DecidedInputsRelay.MAX_LANE_BYTES / 2; ) {
      offset += 20 + random.nextInt(40);
      scattered.add(new SourcePosition("transactions", 0, offset));
    }

    DecidedInputsRelay.send(sent::add, 0, 8, scattered);

    assertThat(sent).isEmpty();
  }

  @Test
  void whatIsHeldForAllLanesIsBounded() throws Exception {
    int lanes = DecidedInputsRelay.MAX_BYTES / DecidedInputsRelay.MAX_LANE_BYTES + 1;
    for (int lane = 0; lane < lanes; lane++) {
      byte[] positions = new byte[DecidedInputsRelay.MAX_LANE_BYTES];
      decide.handleEventFromOperator(0, 0, found(lane, positions));
    }

    ready(validate, 0, 0);

    assertThat(lanes(0)).hasSize(lanes - 1);
  }

  @Test
  void laneThatIsReplacedDoesNotCount() throws Exception {
    byte[] half = new byte[DecidedInputsRelay.MAX_BYTES / 2 + 1];
    decide.handleEventFromOperator(0, 0, found(0, half));
    decide.handleEventFromOperator(0, 1, found(0, half));

    ready(validate, 0, 0);

    assertThat(lanes(0)).containsExactly(0);
    decide.handleEventFromOperator(0, 1, found(0, new byte[1]));
    assertThat(lanes(0)).containsExactly(0, 0);
  }

  @Test
  void whatIsSentToAllSubtasksIsBoundedInEachAttempt() throws Exception {
    byte[] most = new byte[DecidedInputsRelay.MAX_BYTES - 1];
    int told = (int) (DecidedInputsRelay.MAX_SENT_BYTES / most.length);
    for (int subtask = 0; subtask <= told; subtask++) {
      ready(validate, subtask, 0);
    }

    decide.handleEventFromOperator(0, 0, found(0, most));

    assertThat(tasks.getNumberOfSentEvents()).isEqualTo(told);
    decide.subtaskReset(0, 1);
    decide.handleEventFromOperator(0, 1, found(0, most));
    assertThat(tasks.getNumberOfSentEvents()).as("another attempt").isEqualTo(2 * told);
  }

  private void ready(OperatorCoordinator coordinator, int subtask, int attempt) {
    coordinator.executionAttemptReady(
        subtask, attempt, tasks.createGatewayForSubtask(subtask, attempt));
  }

  private List<Integer> lanes(int subtask) {
    return tasks.getSentEventsForSubtask(subtask).stream()
        .map(event -> ((DecidedInLane) event).lane())
        .toList();
  }

  private static DecidedInLane found(int lane, byte[] positions) {
    return new DecidedInLane(lane, "key", positions);
  }

  private static DecidedInLane found(int lane, long offset) {
    return DecidedInLane.of(lane, 8, positions(offset));
  }

  private static PositionSet positions(long offset) {
    PositionSet positions = new PositionSet();
    positions.add(new SourcePosition("transactions", 0, offset));
    return positions;
  }
}
