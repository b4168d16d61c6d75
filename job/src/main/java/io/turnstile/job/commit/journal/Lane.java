package io.turnstile.job.commit.journal;

import io.turnstile.clients.Generation;
import io.turnstile.events.SourcePosition;
import io.turnstile.job.decide.AcceptanceSink;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.read.PositionSet;
import java.util.SortedMap;

/**
 * One lane and its owner: the protocol, apart from threads and time.
 *
 * <ol>
 *   <li>{@link #takeOver}, before anything is decided. Before that, after {@link #beginFollowing},
 *       the lane may {@link #learn} what another job commits: inputs may come meanwhile, to be
 *       dropped if they are {@linkplain #isDecided decided}, and held if not.
 *   <li>For every input: {@link #isDecided}, and if it is not, {@link #write} its verdict. From
 *       time to time: {@link #beginCommit}, {@link #commit}, {@link #endCommit}; more inputs may
 *       come between these.
 *   <li>For a checkpoint: commit until {@link #isSettled}, {@link #awaitVisible}, then {@link
 *       #snapshot} together with the keyed state.
 * </ol>
 *
 * <p>Used by one thread, except for {@link #beginFollowing}, {@link #takeOver}, {@link #commit} and
 * {@link #awaitVisible}, which may run in another one. Any exception ends the attempt: no later
 * call can make up for it. A call that the {@link LaneState} does not allow throws {@link
 * IllegalStateException}.
 */
final class Lane implements AutoCloseable {

  private final int number;
  private final int lanes;
  private final SortedMap<String, String> identity;
  private final LaneJournal journal;
  private final Generation generation;

  /** Null before the lane is followed or taken over, and afterwards. */
  private LaneTakeOver takeOver;

  /** <em>D</em>: inputs that have a committed verdict and are still to be replayed. */
  private PositionSet decided = new PositionSet();

  /** <em>J</em>: where the lane ends, from our own knowledge alone. */
  private LanePosition end;

  /** <em>S</em>: the number of the last verdict appended. */
  private long lastSeq;

  /** Appended to the transaction that is open or being committed. */
  private int uncommitted;

  /** Decided while a commit is in flight. */
  private final HeldVerdicts held = new HeldVerdicts();

  private Runnable fenced = () -> {};

  /** Read by metrics, too; changed by {@link #moveTo} and {@link #fail} only. */
  private volatile LaneState state = LaneState.CREATED;

  Lane(int number, int lanes, SortedMap<String, String> identity, LaneJournal journal) {
    this(number, lanes, identity, journal, null);
  }

  /**
   * @param generation of the job; null if it has none: then whoever took over last is the owner
   */
  Lane(
      int number,
      int lanes,
      SortedMap<String, String> identity,
      LaneJournal journal,
      Generation generation) {
    this.number = number;
    this.lanes = lanes;
    this.identity = identity;
    this.journal = journal;
    this.generation = generation;
  }

  /** To be told, in the take-over, that no earlier owner can commit any more. */
  void onFenced(Runnable listener) {
    fenced = listener;
  }

  /**
   * Makes ready to follow the owner. Inputs may come when its first verdicts are learned: those up
   * to the end of what this returns.
   *
   * @param restored as for {@link #takeOver}
   * @param givenStart as for {@link #takeOver}
   * @return what to follow: what is committed now, and all that comes behind it
   */
  LaneRange beginFollowing(LaneCheckpoint restored, LanePosition givenStart)
      throws JournalException, InterruptedException {
    moveTo(LaneState.FOLLOWING);
    try {
      begin(restored, givenStart);
      return takeOver.beginFollowing();
    } catch (JournalException | InterruptedException | RuntimeException e) {
      fail();
      throw e;
    }
  }

  /**
   * Learns of a verdict that the owner has committed, once.
   *
   * @param sink gets the acceptance, if it is one
   */
  <E extends Exception> void learn(JournalEntry entry, AcceptanceSink<E> sink)
      throws JournalException.Refused, E {
    require(LaneState.FOLLOWING);
    takeOver.learn(entry, sink);
  }

  /**
   * Everything before this position has been learned: {@link #takeOver} reads from there on.
   *
   * @param position in or behind what {@link #beginFollowing} has returned
   */
  void followedTo(LanePosition position) {
    require(LaneState.FOLLOWING);
    takeOver.followedTo(position);
  }

  /**
   * Fences every earlier owner, then learns every verdict committed since the checkpoint, up to the
   * end as it was after the fencing.
   *
   * @param restored the lane in the checkpoint; null if there is none
   * @param givenStart without a checkpoint, where to read from; null for the start of the log
   * @param sink gets the acceptances among them, in no particular order
   * @return how many verdicts were read, those read before it was owned included
   */
  long takeOver(
      LaneCheckpoint restored, LanePosition givenStart, AcceptanceSink<InterruptedException> sink)
      throws JournalException, InterruptedException {
    moveTo(LaneState.TAKING_OVER);
    try {
      if (takeOver == null) {
        begin(restored, givenStart);
      }
      LaneRange range = takeOver.becomeOwner();
      fenced.run();
      takeOver.readTail(range, sink);
      lastSeq = takeOver.lastSeq();
      end = range.end();
      long verdicts = takeOver.verdicts();
      takeOver = null;
      moveTo(LaneState.SETTLED);
      return verdicts;
    } catch (JournalException | InterruptedException | RuntimeException e) {
      fail();
      throw e;
    }
  }

  private void begin(LaneCheckpoint restored, LanePosition givenStart)
      throws JournalException.Refused {
    if (restored != null) {
      restored.requireTakenOf(identity, journal.target());
      decided = restored.decided().copy();
    }
    takeOver = new LaneTakeOver(number, lanes, journal, generation, restored, givenStart, decided);
  }

  /** Returns true once per replay of an input whose verdict is already committed. */
  boolean isDecided(SourcePosition source) {
    if (state != LaneState.FOLLOWING) {
      requireOwned();
    }
    return decided.remove(source);
  }

  /** Appends a verdict; while a commit is in flight, holds it in memory. */
  void write(Verdict verdict) throws JournalException, InterruptedException {
    requireOwned();
    if (state == LaneState.COMMITTING) {
      held.add(verdict);
    } else {
      append(verdict);
    }
  }

  private void append(Verdict verdict) throws JournalException, InterruptedException {
    if (state == LaneState.SETTLED) {
      moveTo(LaneState.OPEN);
    }
    try {
      journal.append(verdict, lastSeq + 1);
    } catch (JournalException | InterruptedException | RuntimeException e) {
      fail();
      throw e;
    }
    lastSeq++;
    uncommitted++;
  }

  /**
   * Closes the open transaction to further verdicts. If true, {@link #commit} and {@link
   * #endCommit} are to follow; false if there is nothing to commit.
   */
  boolean beginCommit() {
    if (state == LaneState.SETTLED) {
      return false;
    }
    moveTo(LaneState.COMMITTING);
    return true;
  }

  /**
   * Commits; returns when that is acknowledged. Does not change the state, which belongs to the
   * other thread: after an exception that one is to call {@link #fail}.
   */
  LanePosition commit() throws JournalException, InterruptedException {
    require(LaneState.COMMITTING);
    return journal.commit();
  }

  /**
   * The commit is acknowledged: opens the next transaction with what was held meanwhile.
   *
   * @param committed the result of {@link #commit}
   */
  void endCommit(LanePosition committed) throws JournalException, InterruptedException {
    require(LaneState.COMMITTING);
    moveTo(LaneState.SETTLED);
    end = committed;
    uncommitted = 0;
    for (Verdict verdict = held.poll(); verdict != null; verdict = held.poll()) {
      append(verdict);
    }
  }

  /** Waits until readers see what was committed; to be called before {@link #snapshot}. */
  void awaitVisible() throws JournalException, InterruptedException {
    require(LaneState.SETTLED);
    journal.awaitVisible(end);
  }

  boolean isCommitting() {
    return state == LaneState.COMMITTING;
  }

  /** Every verdict written is committed. */
  boolean isSettled() {
    return state == LaneState.SETTLED;
  }

  /** The lane for a checkpoint; every verdict must be committed. */
  LaneCheckpoint snapshot() {
    require(LaneState.SETTLED);
    return new LaneCheckpoint(number, identity, end, lastSeq, decided.copy());
  }

  /** The attempt has failed: nothing but {@link #close} may follow. */
  synchronized void fail() {
    if (state.isValidTransition(LaneState.FAILED)) {
      state = LaneState.FAILED;
    }
  }

  /** Gives up at once, also while another thread waits for a commit; commits nothing. */
  @Override
  public void close() {
    moveTo(LaneState.CLOSED);
    journal.close();
  }

  LaneState state() {
    return state;
  }

  private synchronized void moveTo(LaneState next) {
    if (!state.isValidTransition(next)) {
      throw new IllegalStateException(at() + "cannot go from " + state + " to " + next);
    }
    state = next;
  }

  private void require(LaneState expected) {
    LaneState now = state;
    if (now != expected) {
      throw new IllegalStateException(at() + "must be " + expected + " and is " + now);
    }
  }

  private void requireOwned() {
    LaneState now = state;
    if (!LaneState.OWNED.contains(now)) {
      throw new IllegalStateException(
          at() + "must be one of " + LaneState.OWNED + " and is " + now);
    }
  }

  int number() {
    return number;
  }

  LaneJournal journal() {
    return journal;
  }

  /** Verdicts not committed yet. */
  int pending() {
    return uncommitted + held.size();
  }

  /** Memory that the held verdicts take, roughly, in bytes. */
  long heldBytes() {
    return held.bytes();
  }

  /** A copy of <em>D</em>. */
  PositionSet decided() {
    return decided.copy();
  }

  /** Inputs that have their verdict and are still to be replayed. */
  long decidedAhead() {
    return decided.size();
  }

  /** All that the lane holds; the model tells states apart by it. */
  @Override
  public String toString() {
    return at()
        + state
        + ", J "
        + end
        + ", S "
        + lastSeq
        + ", D "
        + decided
        + ", uncommitted "
        + uncommitted
        + ", held "
        + held.size()
        + (takeOver == null ? "" : takeOver);
  }

  private String at() {
    return "lane " + number + ": ";
  }
}
