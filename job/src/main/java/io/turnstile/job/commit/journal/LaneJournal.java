package io.turnstile.job.commit.journal;

import io.turnstile.job.decide.Verdict;
import java.util.List;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * One lane of a {@link Journal}, in the hands of one owner.
 *
 * <p>Used by one thread at a time, except for {@link #close}. Any exception ends the ownership:
 * what was not acknowledged is then of unknown outcome, and nothing may follow.
 */
public interface LaneJournal extends AutoCloseable {

  /** The names of the parts that a {@link LaneOffsets} has offsets in, for messages. */
  List<String> parts();

  /**
   * Becomes the owner: shuts out every earlier one, waits until what they left open is either
   * committed or aborted, and only then looks where the lane ends. What they committed and no
   * reader sees is aborted.
   *
   * @param settled what stands before it must not be aborted; null if nothing must not
   */
  LaneRange takeOver(LaneOffsets settled) throws JournalException, InterruptedException;

  /**
   * Reads all committed verdicts between two positions; appending goes on at the latter.
   *
   * @param to as found by {@link #takeOver}
   */
  void read(LaneOffsets from, LaneOffsets to, Reader reader)
      throws JournalException, InterruptedException;

  /**
   * The numbers of all verdicts between two positions, of those too that were never committed.
   *
   * @param to as found by {@link #takeOver}
   */
  Roaring64Bitmap appended(LaneOffsets from, LaneOffsets to)
      throws JournalException, InterruptedException;

  /** Adds a verdict to the open transaction; opens one if there is none. */
  void append(Verdict verdict, long laneSeq) throws JournalException, InterruptedException;

  /**
   * Commits the open transaction, and returns when that is acknowledged.
   *
   * @return where the lane ends now, from what the owner itself wrote
   */
  LaneOffsets commit() throws JournalException, InterruptedException;

  /**
   * Waits until readers see all that was committed, and nothing else; only then does it outlive the
   * owner.
   *
   * @param end as returned by the last {@link #commit}, or by {@link #takeOver}
   */
  void awaitVisible(LaneOffsets end) throws JournalException, InterruptedException;

  /** Throws what has failed in the background, if anything has. */
  void check() throws JournalException;

  /**
   * Says more exactly what a failure of this lane means; may take some seconds to find out.
   *
   * @return what to throw instead
   */
  JournalException diagnose(JournalException failure) throws InterruptedException;

  /** Gives up at once, also while another thread waits for a commit; commits nothing. */
  @Override
  void close();

  /** Takes what is read. */
  @FunctionalInterface
  interface Reader {
    void read(JournalEntry entry) throws JournalException, InterruptedException;
  }
}
