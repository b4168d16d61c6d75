package io.turnstile.job.commit.journal.kafka;

import io.turnstile.job.commit.journal.LanePosition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A {@link LanePosition} in Kafka: the offset of the next record in each part of the lane.
 *
 * @param offsets one for each partition, in the order of the verdict topics
 */
public record LaneOffsets(List<Long> offsets) {

  public LaneOffsets {
    offsets = List.copyOf(offsets);
  }

  /** The beginning of a lane of so many parts from which nothing was deleted. */
  public static LaneOffsets start(int parts) {
    return new LaneOffsets(Collections.nCopies(parts, 0L));
  }

  /** Reads a position that {@link #position} has made. */
  public static LaneOffsets of(LanePosition position) {
    ByteBuffer bytes = ByteBuffer.wrap(position.bytes());
    List<Long> offsets = new ArrayList<>();
    while (bytes.hasRemaining()) {
      offsets.add(bytes.getLong());
    }
    return new LaneOffsets(offsets);
  }

  /** The form for the protocol and for checkpoints: eight bytes for each offset, big-endian. */
  public LanePosition position() {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * offsets.size());
    offsets.forEach(bytes::putLong);
    return LanePosition.of(bytes.array());
  }

  public long offset(int part) {
    return offsets.get(part);
  }
}
