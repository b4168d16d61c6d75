package io.turnstile.job.commit.journal;

import io.turnstile.events.SourcePosition;
import io.turnstile.job.decide.AcceptanceSink;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.read.PositionSet;
import io.turnstile.job.read.RoutingKey;
import java.util.OptionalLong;
import java.util.SortedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One lane and its owner: the protocol, apart from threads and time.
 *
 * <ol>
 *   <li>{@link #takeOver}, before anything else.
 *   <li>For every input: {@link #isDecided}, and if it is not, {@link #write} its verdict. From
 *       time to time: {@link #beginCommit}, {@link #commit}, {@link #endCommit}; more inputs may
 *       come between these.
 *   <li>For a checkpoint: commit until {@link #isSettled}, {@link #awaitVisible}, then {@link
 *       #snapshot} together with the keyed state.
 * </ol>
 *
 * <p>Used by one thread, except for {@link #takeOver}, {@link #commit} and {@link #awaitVisible},
 * which may run in another one. Any exception ends the attempt: no later call can make up for it. A
 * call that the {@link LaneState} does not allow throws {@link IllegalStateException}.
 */
final class Lane implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  private final int number;
  private final int lanes;
  private final SortedMap<String, String> identity;
  private final LaneJournal journal;

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
    this.number = number;
    this.lanes = lanes;
    this.identity = identity;
    this.journal = journal;
  }

  /** To be told, in the take-over, that no earlier owner can commit any more. */
  void onFenced(Runnable listener) {
    fenced = listener;
  }

  /**
   * Fences every earlier owner, then learns every verdict committed since the checkpoint, up to the
   * end as it was after the fencing.
   *
   * @param restored the lane in the checkpoint; null if there is none
   * @param givenStart without a checkpoint, where to read from; null for the start of the log
   * @param sink gets the acceptances among them, in no particular order
   * @return how many verdicts were read
   */
  long takeOver(
      LaneCheckpoint restored, LanePosition givenStart, AcceptanceSink<InterruptedException> sink)
      throws JournalException, InterruptedException {
    moveTo(LaneState.TAKING_OVER);
    try {
      if (restored != null) {
        requireSameJournal(restored);
      }
      LaneRange range = journal.takeOver(restored != null ? restored.end() : givenStart);
      fenced.run();
      if (restored != null) {
        decided = restored.decided().copy();
      }
      Tail tail = new Tail(at(), journal.target(), seqBefore(restored, givenStart));
      journal.read(range, entry -> recover(entry, tail, sink));
      requireNothingDeleted(tail, range);
      lastSeq = tail.lastSeq();
      end = range.end();
      moveTo(LaneState.SETTLED);
      return tail.count();
    } catch (JournalException | InterruptedException | RuntimeException e) {
      fail();
      throw e;
    }
  }

  private void recover(JournalEntry entry, Tail tail, AcceptanceSink<InterruptedException> sink)
      throws JournalException.Refused, InterruptedException {
    tail.add(entry);
    if (!decided.add(entry.source())) {
      throw new JournalException.Refused(
          at()
              + "input "
              + entry.source()
              + " has more than one verdict, one of them at "
              + entry.place()
              + ": another program writes to the "
              + journal.target()
              + "; stop it, and start with new ones");
    }
    if (entry.acceptance() != null) {
      requireRoutedHere(entry);
      sink.accept(entry.acceptance());
    }
  }

  /** Only explicit start offsets leave open which number comes first. */
  private static OptionalLong seqBefore(LaneCheckpoint restored, LanePosition givenStart) {
    if (restored != null) {
      return OptionalLong.of(restored.lastSeq());
    }
    return givenStart == null ? OptionalLong.of(0) : OptionalLong.empty();
  }

  private void requireSameJournal(LaneCheckpoint restored) throws JournalException.Refused {
    SortedMap<String, String> differences = restored.differencesFrom(identity);
    if (!differences.isEmpty()) {
      throw new JournalException.Refused(
          at()
              + "the checkpoint was taken with other "
              + journal.target()
              + " "
              + differences
              + ": restore it with those, or start without it");
    }
  }

  /**
   * A number may be missing if its verdict is there and was never committed: a commit that was
   * acknowledged and then not carried out everywhere (KAFKA-20734). No checkpoint covers such a
   * commit, so the input is replayed.
   */
  private void requireNothingDeleted(Tail tail, LaneRange range)
      throws JournalException, InterruptedException {
    if (tail.isGapless()) {
      return;
    }
    tail.requireComplete(journal.appended(range));
    LOG.warn(
        "{}verdicts whose commit was acknowledged are not committed (KAFKA-20734), their inputs are"
            + " decided again",
        at());
  }

  /** An acceptance under another key would be put into another customer's state. */
  private void requireRoutedHere(JournalEntry entry) throws JournalException.Refused {
    int lane = RoutingKey.lane(entry.acceptance().routingKey(), lanes);
    if (lane != number) {
      throw new JournalException.Refused(
          at()
              + "the verdict at "
              + entry.place()
              + " belongs into lane "
              + lane
              + ": another program, or a job with another number of lanes, wrote it; use new "
              + journal.target());
    }
  }

  /** Returns true once per replay of an input whose verdict is already committed. */
  boolean isDecided(SourcePosition source) {
    requireOwned();
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
        + held.size();
  }

  private String at() {
    return "lane " + number + ": ";
  }
}
