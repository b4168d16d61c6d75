package io.turnstile.job.commit.journal.kafka;

import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.commit.journal.LanePosition;
import io.turnstile.job.commit.journal.LaneRange;
import java.util.List;

/**
 * The offsets that the partitions of a lane hold.
 *
 * @param lane its number, for messages
 * @param parts the names of the partitions, for messages
 * @param begin the oldest offset that is still there
 * @param end the offset of the next record
 */
public record LaneExtent(int lane, List<String> parts, LaneOffsets begin, LaneOffsets end) {

  /**
   * The range from a position to the end.
   *
   * @param from null for the start of the log
   * @throws JournalException.Refused if records from there on were deleted, or the log ends before
   */
  public LaneRange rangeFrom(LanePosition from) throws JournalException.Refused {
    LaneOffsets start = from == null ? startOfLog() : LaneOffsets.of(from);
    requireHeld(start);
    return new LaneRange(start.position(), end.position());
  }

  private LaneOffsets startOfLog() throws JournalException.Refused {
    for (int part = 0; part < parts.size(); part++) {
      if (begin.offset(part) > 0) {
        throw new JournalException.Refused(
            at(part)
                + " begins at offset "
                + begin.offset(part)
                + ", verdicts before it were deleted, and without a checkpoint all are needed to"
                + " know what was decided: restore a checkpoint, use new verdict topics, or say"
                + " with --journal-start-offsets where to begin");
      }
    }
    return LaneOffsets.start(parts.size());
  }

  private void requireHeld(LaneOffsets start) throws JournalException.Refused {
    for (int part = 0; part < parts.size(); part++) {
      long from = start.offset(part);
      if (begin.offset(part) > from || end.offset(part) < from) {
        throw new JournalException.Refused(
            at(part)
                + " holds offsets "
                + begin.offset(part)
                + " to "
                + end.offset(part)
                + ", and what was committed since "
                + from
                + " is needed: verdicts were deleted; restore a newer checkpoint or savepoint,"
                + " and check the retention of the topic");
      }
    }
  }

  /**
   * Requires that nobody has written since readers saw all that an owner committed.
   *
   * @param lane its number, for messages
   * @param parts the names of the partitions, for messages
   * @param end the offset of the next record
   * @param own where the lane ends as far as the owner knows
   * @throws JournalException if the lane does not end there
   */
  public static void requireEnd(int lane, List<String> parts, LaneOffsets end, LaneOffsets own)
      throws JournalException {
    for (int part = 0; part < parts.size(); part++) {
      if (end.offset(part) != own.offset(part)) {
        throw new JournalException(
            at(lane, parts.get(part))
                + " ends at offset "
                + end.offset(part)
                + ", what was committed ends at "
                + own.offset(part)
                + (end.offset(part) < own.offset(part)
                    ? ": records were lost, or an old leader answered"
                    : KafkaFailures.FOREIGN));
      }
    }
  }

  private String at(int part) {
    return at(lane, parts.get(part));
  }

  private static String at(int lane, String part) {
    return "lane " + lane + ": " + part;
  }
}
