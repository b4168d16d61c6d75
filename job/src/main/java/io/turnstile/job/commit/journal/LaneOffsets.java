package io.turnstile.job.commit.journal;

import java.util.Collections;
import java.util.List;

/**
 * A place in a lane: everything before it has happened, everything from it on has not.
 *
 * @param offsets one for each {@linkplain LaneJournal#parts() part} of the lane
 */
public record LaneOffsets(List<Long> offsets) {

  public LaneOffsets {
    offsets = List.copyOf(offsets);
  }

  /** Where a lane of so many parts begins if nothing was ever deleted from it. */
  public static LaneOffsets start(int parts) {
    return new LaneOffsets(Collections.nCopies(parts, 0L));
  }

  public long offset(int part) {
    return offsets.get(part);
  }
}
