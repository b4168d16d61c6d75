package io.turnstile.job.validate;

import io.turnstile.job.read.PositionSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventGateway;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries what the decision operator finds decided after a restart to the operator that validates,
 * against the stream: by way of the JobManager. Both operators have one of these as coordinator,
 * and the two share what there is to carry. Flink calls them in one thread.
 *
 * <p>It is an optimisation, and may leave out whatever it likes: an input that is not known to be
 * decided goes the whole way and is dropped at its end. So what it holds and sends is bounded, and
 * no part of a checkpoint. But what it does send must arrive: where that fails and the receiver
 * still runs, Flink restarts the receiver.
 */
public final class DecidedInputsRelay implements OperatorCoordinator {

  private static final Logger LOG = LoggerFactory.getLogger(DecidedInputsRelay.class);

  /** Far below the size of a message between Flink's processes, 10 MiB by default. */
  static final int MAX_LANE_BYTES = 1 << 20;

  /** Of all lanes, in the JobManager and in each subtask that validates. */
  static final int MAX_BYTES = 8 << 20;

  /**
   * To all subtasks that validate, in one attempt. Each of them is sent every lane, and Flink makes
   * a copy for each in the JobManager.
   */
  static final long MAX_SENT_BYTES = 64 << 20;

  /** What the two coordinators of a job share. */
  private static final class Shared {
    private final Map<Integer, DecidedInLane> byLane = new HashMap<>();
    private final Map<Integer, SubtaskGateway> receivers = new HashMap<>();
    private long sentBytes;
    private int leftOut;

    private int bytes() {
      return byLane.values().stream().mapToInt(each -> each.positions().length).sum();
    }

    private void send(SubtaskGateway receiver, DecidedInLane found) {
      int bytes = found.positions().length;
      if (sentBytes + bytes <= MAX_SENT_BYTES) {
        sentBytes += bytes;
        CompletableFuture<?> unused = receiver.sendEvent(found);
      } else if (leftOut++ == 0) {
        LOG.info(
            "Not all of {} subtasks are told which inputs are decided, for that would be more than"
                + " {} bytes: the others go the whole way",
            receivers.size(),
            MAX_SENT_BYTES);
      }
    }

    /** For the next attempt. */
    private void clear() {
      if (leftOut > 0) {
        LOG.info("{} messages about decided inputs were left out", leftOut);
      }
      byLane.clear();
      sentBytes = 0;
      leftOut = 0;
    }
  }

  private enum Role {
    SENDER,
    RECEIVER
  }

  private final Shared shared;
  private final Role role;

  private DecidedInputsRelay(Shared shared, Role role) {
    this.shared = shared;
    this.role = role;
  }

  /** The coordinator of the operator that {@linkplain #send sends}. */
  public static Provider ofSender(OperatorID operator) {
    return new RelayProvider(operator, Role.SENDER);
  }

  /** The coordinator of the operator that gets each {@link DecidedInLane}. */
  static Provider ofReceiver(OperatorID operator) {
    return new RelayProvider(operator, Role.RECEIVER);
  }

  private record RelayProvider(OperatorID operator, Role role) implements Provider {

    @Override
    public OperatorID getOperatorId() {
      return operator;
    }

    @Override
    public OperatorCoordinator create(Context context) {
      Object shared =
          context
              .getCoordinatorStore()
              .compute(
                  DecidedInputsRelay.class.getName(),
                  (key, before) -> before == null ? new Shared() : before);
      return new DecidedInputsRelay((Shared) shared, role);
    }
  }

  /**
   * Sends the positions of one lane, unless there are too many or none; for the task thread of the
   * sender.
   */
  public static void send(
      OperatorEventGateway coordinator, int lane, int lanes, PositionSet positions) {
    if (positions.size() == 0) {
      return;
    }
    DecidedInLane event = DecidedInLane.of(lane, lanes, positions);
    if (event.positions().length <= MAX_LANE_BYTES) {
      coordinator.sendEventToCoordinator(event);
    } else {
      LOG.info("Lane {} has too many decided inputs to say which: all go the whole way", lane);
    }
  }

  @Override
  public void handleEventFromOperator(int subtask, int attempt, OperatorEvent event) {
    DecidedInLane found = (DecidedInLane) event;
    shared.byLane.remove(found.lane());
    if (shared.bytes() + found.positions().length <= MAX_BYTES) {
      shared.byLane.put(found.lane(), found);
      shared.receivers.values().forEach(receiver -> shared.send(receiver, found));
    }
  }

  @Override
  public void executionAttemptReady(int subtask, int attempt, SubtaskGateway gateway) {
    if (role == Role.RECEIVER) {
      shared.receivers.put(subtask, gateway);
      shared.byLane.values().forEach(found -> shared.send(gateway, found));
    }
  }

  @Override
  public void executionAttemptFailed(int subtask, int attempt, Throwable reason) {
    forget(subtask);
  }

  @Override
  public void subtaskReset(int subtask, long checkpointId) {
    forget(subtask);
  }

  /** Its successor says what it finds, and nobody else's successor needs to hear it. */
  private void forget(int subtask) {
    if (role == Role.RECEIVER) {
      shared.receivers.remove(subtask);
    } else {
      shared.clear();
    }
  }

  @Override
  public void resetToCheckpoint(long checkpointId, byte[] checkpoint) {
    shared.receivers.clear();
    shared.clear();
  }

  @Override
  public void checkpointCoordinator(long checkpointId, CompletableFuture<byte[]> result) {
    result.complete(new byte[0]);
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) {
    // It is in none.
  }

  @Override
  public void start() {
    // Waits for events.
  }

  @Override
  public void close() {
    resetToCheckpoint(NO_CHECKPOINT, null);
  }
}
