package io.turnstile.job.commit.journal;

import io.turnstile.job.decide.Verdict;
import java.util.List;
import java.util.OptionalLong;

/** A journal in memory: what tests see of it and do to it behind the owners' backs. */
interface TestJournal extends Journal {

  /** The verdicts that a reader of committed ones sees, over all lanes. */
  List<Verdict> committed();

  /** The numbers of all verdicts that a lane was ever given, in ascending order. */
  List<Long> seqs(int lane);

  /** Writes as a program does that knows nothing of the protocol. */
  void writeForeign(int lane, Verdict verdict, OptionalLong laneSeq);

  /**
   * Deletes the oldest accepted verdicts of a lane, each committed on its own, as retention does.
   */
  void deleteOldest(int lane, int verdicts);
}
