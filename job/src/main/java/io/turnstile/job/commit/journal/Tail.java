package io.turnstile.job.commit.journal;

import java.util.OptionalLong;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/** The numbers of the verdicts that a take-over reads: they must be those that were given out. */
final class Tail {

  private final String at;
  private final String target;
  private final Roaring64Bitmap sequence = new Roaring64Bitmap();

  /** The number before the tail's first, if it is known. */
  private final OptionalLong before;

  /**
   * @param at begins every message
   * @param target see {@link LaneJournal#target}
   */
  Tail(String at, String target, OptionalLong before) {
    this.at = at;
    this.target = target;
    this.before = before;
  }

  void add(JournalEntry entry) throws JournalException.Refused {
    if (entry.laneSeq().isEmpty()) {
      throw new JournalException.Refused(
          at
              + "the verdict at "
              + entry.place()
              + " has no lane-seq, it was written with --commit checkpoint or by another program:"
              + " use new "
              + target
              + ", or restore a savepoint and say with --journal-start-offsets where they end");
    }
    long seq = entry.laneSeq().getAsLong();
    if (sequence.contains(seq) || (before.isPresent() && seq <= before.getAsLong())) {
      throw broken("has lane-seq " + seq + " twice, once at " + entry.place());
    }
    sequence.addLong(seq);
  }

  /** The highest number, or the one before the tail if that is empty. */
  long lastSeq() {
    return sequence.isEmpty() ? before.orElse(0) : sequence.last();
  }

  boolean isGapless() {
    return sequence.isEmpty() || lastSeq() - seqBefore() == count();
  }

  /**
   * Requires that no number is missing.
   *
   * @param uncommitted numbers that may be missing
   */
  void requireComplete(Roaring64Bitmap uncommitted) throws JournalException.Refused {
    long number = seqBefore() + 1;
    while (sequence.contains(number) || uncommitted.contains(number)) {
      number++;
    }
    if (number < lastSeq()) {
      throw broken("lacks lane-seq " + number + ", before " + lastSeq());
    }
  }

  private long seqBefore() {
    return before.orElse(sequence.first() - 1);
  }

  long count() {
    return sequence.getLongCardinality();
  }

  private JournalException.Refused broken(String how) {
    return new JournalException.Refused(
        at
            + "what was committed since the checkpoint "
            + how
            + ": verdicts were deleted, or another program writes to the "
            + target
            + "; stop it, and restore a newer checkpoint or savepoint");
  }
}
