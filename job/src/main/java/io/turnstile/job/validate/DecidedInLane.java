package io.turnstile.job.validate;

import io.turnstile.job.read.PositionSet;
import io.turnstile.job.read.RoutingKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;

/**
 * Tells the validating operator which inputs of a lane have their verdict already, as the lane's
 * owner found when it took over.
 *
 * @param routingKey any that leads to the lane
 * @param positions a {@link PositionSet} in its binary form
 */
@SuppressWarnings("ArrayRecordComponent")
public record DecidedInLane(int lane, String routingKey, byte[] positions)
    implements OperatorEvent {

  /**
   * Of one lane, for its owner: the search for a key costs as much as there are lanes.
   *
   * @param lanes how many there are
   */
  public static DecidedInLane of(int lane, int lanes, PositionSet positions) {
    DataOutputSerializer out = new DataOutputSerializer(1 << 10);
    try {
      positions.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new DecidedInLane(lane, RoutingKey.into(lane, lanes), out.getCopyOfBuffer());
  }

  PositionSet positionSet() {
    try {
      return PositionSet.read(new DataInputDeserializer(positions));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A task that has ended can do without it. This covers nothing else: if it cannot be sent to a
   * task that runs, Flink restarts that task.
   */
  @Override
  public boolean isLossTolerant() {
    return true;
  }
}
