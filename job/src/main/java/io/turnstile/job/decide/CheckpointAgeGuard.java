package io.turnstile.job.decide;

import io.turnstile.job.failure.PermanentFailure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;

/**
 * Refuses a checkpoint that is too old: state older than the longest outage may have forgotten what
 * is still inside the window. Used by the task thread, but for {@link #restartsFrom}.
 */
final class CheckpointAgeGuard {

  private static final long NO_CHECKPOINT = 0;

  private final DecisionSettings settings;
  private final LongSupplier clock;

  /** Times of the snapshots whose checkpoint is not complete yet, by its id. */
  private final NavigableMap<Long, Long> snapshots = new TreeMap<>();

  private ListState<Long> checkpointedAt;
  private volatile long restartsFrom;

  /**
   * @param clock epoch milliseconds
   */
  CheckpointAgeGuard(DecisionSettings settings, LongSupplier clock) {
    this.settings = settings;
    this.clock = clock;
  }

  void initializeState(StateInitializationContext context) throws Exception {
    checkpointedAt =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("checkpointed-at", Types.LONG));
    long newest = NO_CHECKPOINT;
    for (long time : checkpointedAt.get()) {
      newest = Math.max(newest, time);
    }
    if (newest != NO_CHECKPOINT) {
      requireYoungEnough(newest);
    }
    restartsFrom = newest == NO_CHECKPOINT ? clock.getAsLong() : newest;
  }

  private void requireYoungEnough(long newest) {
    Duration age = Duration.ofMillis(clock.getAsLong() - newest);
    if (!settings.allowStaleCheckpoint() && age.compareTo(settings.maxCheckpointAge()) > 0) {
      throw PermanentFailure.of(
          "the checkpoint is "
              + age.toSeconds()
              + " s old and may not be older than "
              + settings.maxCheckpointAge().toSeconds()
              + " s (--max-outage, in checkpoint mode also --transaction-timeout): ids may be"
              + " forgotten or verdicts timed out; restore a newer one, or take the risk with"
              + " --allow-stale-checkpoint");
    }
  }

  void snapshotState(StateSnapshotContext context) throws Exception {
    long takenAt = clock.getAsLong();
    snapshots.put(context.getCheckpointId(), takenAt);
    checkpointedAt.update(List.of(takenAt));
  }

  void checkpointCompleted(long checkpointId) {
    Map.Entry<Long, Long> completed = snapshots.floorEntry(checkpointId);
    if (completed != null) {
      restartsFrom = completed.getValue();
      snapshots.headMap(checkpointId, true).clear();
    }
  }

  /**
   * Time when the newest complete checkpoint was taken; without one, when this attempt began. Epoch
   * milliseconds.
   */
  long restartsFrom() {
    return restartsFrom;
  }
}
