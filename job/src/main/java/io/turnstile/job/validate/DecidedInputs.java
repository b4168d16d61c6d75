package io.turnstile.job.validate;

import io.turnstile.events.SourcePosition;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.InputRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * Inputs that are still to be replayed and have their verdict, as far as a subtask has been told.
 * Not thread-safe.
 */
final class DecidedInputs {

  private record Partition(String topic, int number) {}

  /**
   * The offsets of a source partition whose verdicts are in one lane.
   *
   * @param routingKey any that leads to the lane
   */
  private record Decided(int lane, String routingKey, Roaring64Bitmap offsets) {}

  /** Misses of a partition after which it is looked through: a search of all lanes each time. */
  static final int MISSES = 1_000;

  /** By then replay is over, or nearly so: they are the last that make a look-up. */
  private static final int CHECKPOINTS = 2;

  /** What is left of a source partition. */
  private static final class Left {
    private final List<Decided> lanes = new ArrayList<>();
    private int misses;
  }

  private final Map<Partition, Left> byPartition = new HashMap<>();
  private final Counter taken;
  private int checkpointsLeft = CHECKPOINTS;

  DecidedInputs(Counter taken) {
    this.taken = taken;
  }

  /** Takes what is known of a lane, in place of what was known of it before. */
  void add(DecidedInLane found) {
    if (checkpointsLeft == 0) {
      return;
    }
    byPartition.values().forEach(left -> left.lanes.removeIf(each -> each.lane == found.lane()));
    found
        .positionSet()
        .forEachPartition(
            (topic, number, offsets) ->
                byPartition
                    .computeIfAbsent(new Partition(topic, number), partition -> new Left())
                    .lanes
                    .add(new Decided(found.lane(), found.routingKey(), offsets)));
  }

  /** A checkpoint of this attempt is complete. After a few, nothing is looked up any more. */
  void checkpointCompleted() {
    if (checkpointsLeft > 0 && --checkpointsLeft == 0) {
      byPartition.clear();
    }
  }

  /**
   * Returns the input as one that is decided, on its way into the lane of its verdict; null if it
   * is not known to be. It comes only once.
   */
  DecisionInput.AlreadyDecided take(InputRecord input) {
    if (byPartition.isEmpty()) {
      return null;
    }
    SourcePosition position = input.position();
    Partition partition = new Partition(position.topic(), position.partition());
    Left left = byPartition.get(partition);
    if (left == null) {
      return null;
    }
    for (Decided decided : left.lanes) {
      if (decided.offsets.contains(position.offset())) {
        decided.offsets.removeLong(position.offset());
        taken.inc();
        return new DecisionInput.AlreadyDecided(
            new InputMetadata(position, input.receivedAt(), decided.routingKey));
      }
    }
    if (++left.misses % MISSES == 0) {
      // Replay has come past the last of them: what is left comes on other ways, or to others.
      left.lanes.removeIf(
          each -> each.offsets.isEmpty() || each.offsets.last() < position.offset());
      if (left.lanes.isEmpty()) {
        byPartition.remove(partition);
      }
    }
    return null;
  }
}
