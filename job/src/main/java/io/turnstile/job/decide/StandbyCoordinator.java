package io.turnstile.job.decide;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.runtime.checkpoint.CheckpointException;
import org.apache.flink.runtime.checkpoint.CheckpointFailureReason;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;

/**
 * Has the subtasks of a job that stands by take over together, when all of them are ready, or all
 * stand by and one can hold no more; and lets no checkpoint and no savepoint be taken before: it
 * would not hold what the other job decides. Everything else is another coordinator's. Flink calls
 * it in one thread.
 */
// Flink's coordinators throw anything on closing.
@SuppressWarnings("try")
final class StandbyCoordinator implements OperatorCoordinator {

  private final Context context;
  private final OperatorCoordinator other;
  private final Map<Integer, SubtaskGateway> subtasks = new HashMap<>();
  private final Set<Integer> standing = new HashSet<>();
  private final Set<Integer> ready = new HashSet<>();
  private final Set<Integer> full = new HashSet<>();
  private final Set<Integer> told = new HashSet<>();
  private final Set<Integer> takenOver = new HashSet<>();

  /**
   * @param other coordinator of the same operator, for everything else
   */
  StandbyCoordinator(Context context, OperatorCoordinator other) {
    this.context = context;
    this.other = other;
  }

  /** Makes it on the JobManager. */
  record StandbyProvider(Provider other) implements Provider {

    @Override
    public OperatorID getOperatorId() {
      return other.getOperatorId();
    }

    @Override
    public OperatorCoordinator create(Context context) throws Exception {
      return new StandbyCoordinator(context, other.create(context));
    }
  }

  @Override
  public void handleEventFromOperator(int subtask, int attempt, OperatorEvent event)
      throws Exception {
    if (!(event instanceof StandbySignal signal)) {
      other.handleEventFromOperator(subtask, attempt, event);
      return;
    }
    switch (signal) {
      case STANDS_BY -> standing.add(subtask);
      case READY -> ready.add(subtask);
      case FULL -> full.add(subtask);
      case TAKEN_OVER -> {
        standing.add(subtask);
        ready.add(subtask);
        takenOver.add(subtask);
      }
      case TAKE_OVER -> throw new IllegalArgumentException(signal + " is for subtasks");
    }
    tellIfDue();
  }

  /** Also when a subtask has come later than the signals: it must not be left out. */
  private void tellIfDue() {
    // Lanes that are fenced while another subtask is still opening have no owner until it is open.
    boolean oneIsFull = !full.isEmpty() && standing.size() == context.currentParallelism();
    if (!oneIsFull && ready.size() < context.currentParallelism()) {
      return;
    }
    subtasks.forEach(
        (each, gateway) -> {
          if (!takenOver.contains(each) && told.add(each)) {
            CompletableFuture<?> unused = gateway.sendEvent(StandbySignal.TAKE_OVER);
          }
        });
  }

  @Override
  public void checkpointCoordinator(long checkpointId, CompletableFuture<byte[]> result)
      throws Exception {
    if (takenOver.size() < context.currentParallelism()) {
      // Not counted as a failure, of which the job does not survive many.
      result.completeExceptionally(
          new CheckpointException(
              "the job has not taken over yet",
              CheckpointFailureReason.CHECKPOINT_DECLINED_TASK_NOT_READY));
    } else {
      other.checkpointCoordinator(checkpointId, result);
    }
  }

  @Override
  public void executionAttemptReady(int subtask, int attempt, SubtaskGateway gateway) {
    subtasks.put(subtask, gateway);
    tellIfDue();
    other.executionAttemptReady(subtask, attempt, gateway);
  }

  @Override
  public void executionAttemptFailed(int subtask, int attempt, Throwable reason) {
    forget(subtask);
    other.executionAttemptFailed(subtask, attempt, reason);
  }

  @Override
  public void subtaskReset(int subtask, long checkpointId) {
    forget(subtask);
    other.subtaskReset(subtask, checkpointId);
  }

  private void forget(int subtask) {
    subtasks.remove(subtask);
    standing.remove(subtask);
    ready.remove(subtask);
    full.remove(subtask);
    told.remove(subtask);
    takenOver.remove(subtask);
  }

  @Override
  public void resetToCheckpoint(long checkpointId, byte[] checkpoint) throws Exception {
    subtasks.clear();
    standing.clear();
    ready.clear();
    full.clear();
    told.clear();
    takenOver.clear();
    other.resetToCheckpoint(checkpointId, checkpoint);
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) {
    other.notifyCheckpointComplete(checkpointId);
  }

  @Override
  public void start() throws Exception {
    other.start();
  }

  @Override
  public void close() throws Exception {
    other.close();
  }
}
