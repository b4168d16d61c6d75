package io.turnstile.job.commit.journal;

import io.turnstile.clients.Generation;
import io.turnstile.job.decide.Verdict;
import java.util.Optional;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * One lane of a {@link Journal}, as one owner uses it. The store makes the positions, and the
 * messages that speak of them.
 *
 * <p>Used by one thread at a time, except for {@link #close}. Any exception ends the ownership: the
 * outcome of what was not acknowledged is then unknown, and nothing may follow.
 */
public interface LaneJournal extends AutoCloseable {

  /** The user's name of the place that verdicts are in, for messages: {@code verdict topics}. */
  String target();

  /**
   * The position to read from without a checkpoint.
   *
   * @return what the user has set; null for the beginning of the lane
   * @throws JournalException.Refused if the user has set positions, and none for this lane
   */
  default LanePosition givenStart() throws JournalException {
    return null;
  }

  /**
   * Makes ready for {@link Journal#follow} and {@link #takeOver}, without becoming the owner.
   *
   * @param from as for {@link #takeOver}
   * @return what is committed now, from there on
   * @throws JournalException.Refused as {@link #takeOver} throws it
   */
  default LaneRange beginFollowing(LanePosition from)
      throws JournalException, InterruptedException {
    throw new UnsupportedOperationException("this store has no generations");
  }

  /**
   * The generation that owns the lane, as far as that is committed; empty if none ever did. After
   * {@link #takeOver}, no earlier owner can add to that.
   */
  default Optional<Generation> owner() throws JournalException, InterruptedException {
    return Optional.empty();
  }

  /**
   * Makes this generation known as the owner, after {@link #takeOver}; returns when everybody sees
   * it. From then on {@link #awaitVisible} fails once another one has made itself known.
   */
  default void claim(Generation generation) throws JournalException, InterruptedException {
    throw new UnsupportedOperationException("this store has no generations");
  }

  /**
   * Becomes the owner: shuts out every earlier one, waits until what they left open is either
   * committed or aborted, and only then asks where the lane ends. What they committed and no reader
   * sees is aborted.
   *
   * @param from where to read from; what is before it must not be aborted; null for the beginning
   *     of the lane
   * @return all that is to be read: from there to the end
   * @throws JournalException.Refused if the lane does not hold everything from there on, or must
   *     not be taken over for another reason that no retry removes
   */
  LaneRange takeOver(LanePosition from) throws JournalException, InterruptedException;

  /**
   * Reads all committed verdicts of a range; {@link #append} continues at its end.
   *
   * @param range as returned by {@link #takeOver}
   */
  void read(LaneRange range, Reader reader) throws JournalException, InterruptedException;

  /**
   * The numbers of all verdicts in a range, including those that were never committed. Asked for
   * only when numbers are missing among the committed ones.
   *
   * @param range as returned by {@link #takeOver}
   */
  Roaring64Bitmap appended(LaneRange range) throws JournalException, InterruptedException;

  /** Adds a verdict to the open transaction; opens one if there is none. */
  void append(Verdict verdict, long laneSeq) throws JournalException, InterruptedException;

  /**
   * Commits the open transaction, and returns when that is acknowledged.
   *
   * @return where the lane ends now, computed from what this owner wrote
   */
  LanePosition commit() throws JournalException, InterruptedException;

  /**
   * Waits until readers see all that was committed, and nothing else; only then does it outlive the
   * owner. Nothing may be uncommitted. May also renew the ownership, no more than {@link
   * Journal#MAX_TAKE_OVERS_AT_ONCE} lanes at a time, so it can take longer than {@link #takeOver}.
   *
   * @param end as returned by the last {@link #commit}, or by {@link #takeOver}
   */
  void awaitVisible(LanePosition end) throws JournalException, InterruptedException;

  /** Throws the first failure in the background, if there was one. */
  void check() throws JournalException;

  /**
   * Says more exactly what a failure of this lane means; may take some seconds to find out.
   *
   * @return the exception to throw instead
   */
  JournalException diagnose(JournalException failure) throws InterruptedException;

  /** Gives up at once, also while another thread waits for a commit; commits nothing. */
  @Override
  void close();

  /** Takes entries in any order. */
  @FunctionalInterface
  interface Reader {
    void read(JournalEntry entry) throws JournalException, InterruptedException;
  }
}
