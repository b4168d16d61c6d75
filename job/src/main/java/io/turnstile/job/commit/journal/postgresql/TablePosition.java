package io.turnstile.job.commit.journal.postgresql;

import io.turnstile.job.commit.journal.LanePosition;
import java.nio.ByteBuffer;

/**
 * A {@link LanePosition} in PostgreSQL: a number, and what the lane holds up to it.
 *
 * @param lastSeq the {@code lane_seq} of the last verdict before it, 0 if there is none
 * @param history of the lane up to there
 * @param timeline of the server then; it grows when a replica is promoted. For messages
 */
record TablePosition(long lastSeq, LaneHistory history, int timeline) {

  /** The beginning of every lane. */
  static final TablePosition START = new TablePosition(0, LaneHistory.EMPTY, 0);

  /** Reads a position that {@link #position} has made. */
  static TablePosition of(LanePosition position) {
    ByteBuffer bytes = ByteBuffer.wrap(position.bytes());
    long lastSeq = bytes.getLong();
    int timeline = bytes.getInt();
    byte[] history = new byte[LaneHistory.BYTES];
    bytes.get(history);
    return new TablePosition(lastSeq, LaneHistory.of(history), timeline);
  }

  /** The form for the protocol and for checkpoints. */
  LanePosition position() {
    return LanePosition.of(
        ByteBuffer.allocate(Long.BYTES + Integer.BYTES + LaneHistory.BYTES)
            .putLong(lastSeq)
            .putInt(timeline)
            .put(history.bytes())
            .array());
  }
}
