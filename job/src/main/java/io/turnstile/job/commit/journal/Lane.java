package io.turnstile.job.commit.journal;

import io.turnstile.events.SourcePosition;
import io.turnstile.job.commit.journal.JournalEntry.Recollection;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.read.RoutingKey;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.roaringbitmap.longlong.Roaring64Bitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One lane in the hands of its owner: the protocol, apart from threads and time.
 *
 * <ol>
 *   <li>{@link #takeOver}, before anything else.
 *   <li>For every input: {@link #isDecided}, and if it is not, {@link #write} its verdict. Now and
 *       then: {@link #beginCommit}, {@link #commit}, {@link #endCommit}; inputs may go on coming
 *       between these.
 *   <li>For a checkpoint: commit until {@link #isSettled}, {@link #awaitVisible}, then {@link
 *       #snapshot} together with the keyed state.
 * </ol>
 *
 * <p>Used by one thread, except for {@link #takeOver}, {@link #commit} and {@link #awaitVisible},
 * which may run in another one. Any exception ends the attempt: no later call can make up for it.
 */
final class Lane {

  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  private final int number;
  private final int lanes;
  private final SortedMap<String, String> identity;
  private final LaneJournal journal;

  /** <em>D</em>: inputs that have a committed verdict and have not come by again yet. */
  private PositionSet decided = new PositionSet();

  /** <em>J</em>: where the lane ends, from our own knowledge alone. */
  private LaneOffsets end;

  /** <em>S</em>: the number of the last verdict appended. */
  private long lastSeq;

  /** Appended to the transaction that is open or being committed. */
  private int uncommitted;

  private boolean committing;

  /** Decided while a commit is in flight. */
  private final Deque<Verdict> held = new ArrayDeque<>();

  private long heldBytes;

  Lane(int number, int lanes, SortedMap<String, String> identity, LaneJournal journal) {
    this.number = number;
    this.lanes = lanes;
    this.identity = identity;
    this.journal = journal;
  }

  /** Takes what is to be put back into state. */
  interface Recall {
    void remember(Recollection recollection) throws InterruptedException;
  }

  /**
   * Fences every earlier owner, then learns every verdict committed since the checkpoint, up to the
   * end as it was after the fencing.
   *
   * @param restored what the checkpoint holds of the lane; null if there is none
   * @param givenStart without a checkpoint, where to read from; null for the start of the log
   * @param recall gets the acceptances among them, in no particular order
   * @return how many verdicts were read
   */
  long takeOver(LaneState restored, LaneOffsets givenStart, Recall recall)
      throws JournalException, InterruptedException {
    if (restored != null) {
      requireSameJournal(restored.identity());
    }
    LaneOffsets start = restored != null ? restored.end() : givenStart;
    LaneRange extent = journal.takeOver(start);
    if (start == null) {
      start = startOfLog(extent);
    }
    requireWithin(extent, start);
    if (restored != null) {
      decided = restored.decided().copy();
    }
    Tail tail = new Tail(seqBefore(restored, givenStart));
    journal.read(
        start,
        extent.end(),
        entry -> {
          tail.add(entry);
          if (!decided.add(entry.source())) {
            throw new JournalException.Refused(
                at()
                    + "input "
                    + entry.source()
                    + " has more than one verdict, one of them at "
                    + entry.place()
                    + ": another program writes to the verdict topics; stop it, and start with"
                    + " new ones");
          }
          if (entry.recollection() != null) {
            requireRoutedHere(entry);
            recall.remember(entry.recollection());
          }
        });
    requireNothingDeleted(tail, start, extent.end());
    lastSeq = tail.lastSeq();
    end = extent.end();
    return tail.count();
  }

  /** Only explicit start offsets leave open which number comes first. */
  private static OptionalLong seqBefore(LaneState restored, LaneOffsets givenStart) {
    if (restored != null) {
      return OptionalLong.of(restored.lastSeq());
    }
    return givenStart == null ? OptionalLong.of(0) : OptionalLong.empty();
  }

  private void requireSameJournal(SortedMap<String, String> before)
      throws JournalException.Refused {
    SortedMap<String, String> differences = new TreeMap<>();
    for (Map.Entry<String, String> now : identity.entrySet()) {
      String was = before.get(now.getKey());
      if (!now.getValue().equals(was)) {
        differences.put(now.getKey(), "was " + was + ", is " + now.getValue());
      }
    }
    if (!differences.isEmpty()) {
      throw new JournalException.Refused(
          at()
              + "the checkpoint was taken with other verdict topics "
              + differences
              + ": restore it with those, or start without it");
    }
  }

  private LaneOffsets startOfLog(LaneRange extent) throws JournalException.Refused {
    for (int part = 0; part < journal.parts().size(); part++) {
      if (extent.begin().offset(part) > 0) {
        throw new JournalException.Refused(
            at()
                + journal.parts().get(part)
                + " begins at offset "
                + extent.begin().offset(part)
                + ", verdicts before it were deleted, and without a checkpoint all are needed to"
                + " know what was decided: restore a checkpoint, use new verdict topics, or say"
                + " with --journal-start-offsets where to begin");
      }
    }
    return LaneOffsets.start(journal.parts().size());
  }

  private void requireWithin(LaneRange extent, LaneOffsets start) throws JournalException.Refused {
    for (int part = 0; part < journal.parts().size(); part++) {
      long from = start.offset(part);
      long begin = extent.begin().offset(part);
      long last = extent.end().offset(part);
      if (begin > from || last < from) {
        throw new JournalException.Refused(
            at()
                + journal.parts().get(part)
                + " holds offsets "
                + begin
                + " to "
                + last
                + ", and what was committed since "
                + from
                + " is needed: verdicts were deleted; restore a newer checkpoint or savepoint,"
                + " and check the retention of the topic");
      }
    }
  }

  /**
   * A number may be missing if its verdict is there and was never committed: a commit that was
   * acknowledged and then not carried out on every part (KAFKA-20734). No checkpoint covers such a
   * commit, so the input comes by again.
   */
  private void requireNothingDeleted(Tail tail, LaneOffsets from, LaneOffsets to)
      throws JournalException, InterruptedException {
    if (tail.isGapless()) {
      return;
    }
    long missing = tail.firstMissing(journal.appended(from, to));
    if (missing < tail.lastSeq()) {
      throw tail.broken("lacks lane-seq " + missing + ", before " + tail.lastSeq());
    }
    LOG.warn(
        "{}verdicts whose commit was acknowledged are not committed (KAFKA-20734), their inputs are"
            + " decided again",
        at());
  }

  /** What comes back as another key would be put into somebody else's state. */
  private void requireRoutedHere(JournalEntry entry) throws JournalException.Refused {
    int lane = RoutingKey.lane(entry.recollection().routingKey(), lanes);
    if (lane != number) {
      throw new JournalException.Refused(
          at()
              + "the verdict at "
              + entry.place()
              + " belongs into lane "
              + lane
              + ": another program, or a job with another number of lanes, wrote it; use new"
              + " verdict topics");
    }
  }

  /** The verdicts read, which are to be exactly those that were written. */
  private final class Tail {

    private final Roaring64Bitmap sequence = new Roaring64Bitmap();

    /** The number before the tail's first, if it is known. */
    private final OptionalLong before;

    Tail(OptionalLong before) {
      this.before = before;
    }

    void add(JournalEntry entry) throws JournalException.Refused {
      if (entry.laneSeq().isEmpty()) {
        throw new JournalException.Refused(
            at()
                + "the verdict at "
                + entry.place()
                + " has no lane-seq, it was written with --commit checkpoint or by another"
                + " program: use new verdict topics, or restore a savepoint and say with"
                + " --journal-start-offsets where they end");
      }
      long seq = entry.laneSeq().getAsLong();
      if (sequence.contains(seq) || (before.isPresent() && seq <= before.getAsLong())) {
        throw broken("has lane-seq " + seq + " twice, once at " + entry.place());
      }
      sequence.addLong(seq);
    }

    long lastSeq() {
      return sequence.isEmpty() ? before.orElse(0) : sequence.last();
    }

    boolean isGapless() {
      return sequence.isEmpty() || lastSeq() - seqBefore() == count();
    }

    /** The first number that is neither in the tail nor among these. */
    long firstMissing(Roaring64Bitmap others) {
      long number = seqBefore() + 1;
      while (sequence.contains(number) || others.contains(number)) {
        number++;
      }
      return number;
    }

    private long seqBefore() {
      return before.orElse(sequence.first() - 1);
    }

    long count() {
      return sequence.getLongCardinality();
    }

    private JournalException.Refused broken(String how) {
      return new JournalException.Refused(
          at()
              + "what was committed since the checkpoint "
              + how
              + ": verdicts were deleted, or another program writes to the verdict topics; stop"
              + " it, and restore a newer checkpoint or savepoint");
    }
  }

  /** Whether the input has its verdict already; says so once. */
  boolean isDecided(SourcePosition source) {
    return decided.remove(source);
  }

  /** Appends a verdict; while a commit is in flight, holds it in memory. */
  void write(Verdict verdict) throws JournalException, InterruptedException {
    if (committing) {
      held.add(verdict);
      heldBytes += sizeOf(verdict);
    } else {
      append(verdict);
    }
  }

  private void append(Verdict verdict) throws JournalException, InterruptedException {
    journal.append(verdict, lastSeq + 1);
    lastSeq++;
    uncommitted++;
  }

  /**
   * Closes the open transaction to further verdicts. If true, {@link #commit} and {@link
   * #endCommit} are to follow.
   */
  boolean beginCommit() {
    if (committing) {
      throw new IllegalStateException(at() + "a commit is in flight");
    }
    committing = uncommitted > 0;
    return committing;
  }

  /** Commits; returns when that is acknowledged. */
  LaneOffsets commit() throws JournalException, InterruptedException {
    return journal.commit();
  }

  /**
   * The commit is acknowledged: opens the next transaction with what was held meanwhile.
   *
   * @param committed the result of {@link #commit}
   */
  void endCommit(LaneOffsets committed) throws JournalException, InterruptedException {
    if (!committing) {
      throw new IllegalStateException(at() + "no commit is in flight");
    }
    end = committed;
    uncommitted = 0;
    committing = false;
    heldBytes = 0;
    for (Verdict verdict = held.poll(); verdict != null; verdict = held.poll()) {
      append(verdict);
    }
  }

  /** Waits until readers see what was committed; to be called before {@link #snapshot}. */
  void awaitVisible() throws JournalException, InterruptedException {
    journal.awaitVisible(end);
  }

  boolean isCommitting() {
    return committing;
  }

  /** Whether every verdict written is committed. */
  boolean isSettled() {
    return !committing && uncommitted == 0;
  }

  /** What belongs into a checkpoint. */
  LaneState snapshot() {
    if (!isSettled()) {
      throw new IllegalStateException(at() + "a checkpoint without a commit before it");
    }
    return new LaneState(number, identity, end, lastSeq, decided.copy());
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

  /** Memory that the held verdicts take, roughly. */
  long heldBytes() {
    return heldBytes;
  }

  /** Inputs that have their verdict and are still to come by. */
  long decidedAhead() {
    return decided.size();
  }

  static long sizeOf(Verdict verdict) {
    int overhead = 256;
    return overhead + length(verdict.key()) + length(verdict.value());
  }

  private static long length(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  @Override
  public String toString() {
    return at()
        + "J "
        + (end == null ? "unknown" : end.offsets())
        + ", S "
        + lastSeq
        + ", D "
        + decided
        + ", uncommitted "
        + uncommitted
        + (committing ? " (committing)" : "")
        + ", held "
        + held.size();
  }

  private String at() {
    return "lane " + number + ": ";
  }
}
