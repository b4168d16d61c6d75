package io.turnstile.job.commit.journal;

import io.turnstile.clients.Generation;
import io.turnstile.job.decide.AcceptanceSink;
import io.turnstile.job.read.PositionSet;
import io.turnstile.job.read.RoutingKey;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The take-over of one {@link Lane}: learns what was committed since the checkpoint, a part of it
 * perhaps before the lane is owned. Any exception ends the attempt.
 */
final class LaneTakeOver {

  private static final Logger LOG = LoggerFactory.getLogger(LaneTakeOver.class);

  private final int number;
  private final int lanes;
  private final LaneJournal journal;
  private final Generation generation;
  private final LanePosition start;
  private final PositionSet decided;
  private final Tail tail;

  /** What was read before the lane was owned; null if nothing was. */
  private LaneRange followed;

  /**
   * @param generation of the job; null if it has none
   * @param restored the lane in the checkpoint; null if there is none
   * @param givenStart without a checkpoint, where to read from; null for the start of the log
   * @param decided <em>D</em> of the checkpoint, to add to
   */
  LaneTakeOver(
      int number,
      int lanes,
      LaneJournal journal,
      Generation generation,
      LaneCheckpoint restored,
      LanePosition givenStart,
      PositionSet decided) {
    this.number = number;
    this.lanes = lanes;
    this.journal = journal;
    this.generation = generation;
    this.decided = decided;
    start = restored != null ? restored.end() : givenStart;
    tail = new Tail(at(), journal.target(), seqBefore(restored, givenStart));
  }

  /** Only explicit start offsets leave open which number comes first. */
  private static OptionalLong seqBefore(LaneCheckpoint restored, LanePosition givenStart) {
    if (restored != null) {
      return OptionalLong.of(restored.lastSeq());
    }
    return givenStart == null ? OptionalLong.of(0) : OptionalLong.empty();
  }

  /** See {@link Lane#beginFollowing}. */
  LaneRange beginFollowing() throws JournalException, InterruptedException {
    LaneRange committed = journal.beginFollowing(start);
    followed = new LaneRange(committed.from(), committed.from());
    return committed;
  }

  /** Everything before this position has been {@linkplain #learn learned}. */
  void followedTo(LanePosition position) {
    followed = new LaneRange(followed.from(), position);
  }

  /**
   * Fences every earlier owner. With a generation, it leaves the lane to a greater one: it looks
   * before the fencing, so as not to disturb that one, and again after it, when nobody else can
   * make itself known any more. Then it makes itself known, before any verdict.
   *
   * @return what is still to be read
   */
  LaneRange becomeOwner() throws JournalException, InterruptedException {
    requireGreatestGeneration();
    LaneRange range = journal.takeOver(followed == null ? start : followed.end());
    if (generation != null) {
      requireGreatestGeneration();
      journal.claim(generation);
    }
    return range;
  }

  private void requireGreatestGeneration() throws JournalException, InterruptedException {
    Optional<Generation> owner = generation == null ? Optional.empty() : journal.owner();
    if (owner.isPresent() && generation.yieldsTo(owner.get())) {
      throw JournalException.Refused.superseded(at(), generation, owner.get());
    }
  }

  /**
   * Reads what is left of the tail, and checks that nothing of it is missing.
   *
   * @param range as returned by {@link #becomeOwner}
   * @param sink gets the acceptances
   */
  void readTail(LaneRange range, AcceptanceSink<InterruptedException> sink)
      throws JournalException, InterruptedException {
    journal.read(range, entry -> learn(entry, sink));
    requireNothingDeleted(followed == null ? range : new LaneRange(followed.from(), range.end()));
  }

  /**
   * Puts a verdict of the tail into D.
   *
   * @param sink gets the acceptance, if it is one
   */
  <E extends Exception> void learn(JournalEntry entry, AcceptanceSink<E> sink)
      throws JournalException.Refused, E {
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

  /**
   * A number may be missing if its verdict is there and was never committed: a commit that was
   * acknowledged and then not carried out everywhere (KAFKA-20734). No checkpoint covers such a
   * commit, so the input is replayed.
   */
  private void requireNothingDeleted(LaneRange range)
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

  long lastSeq() {
    return tail.lastSeq();
  }

  /** How many verdicts were read. */
  long verdicts() {
    return tail.count();
  }

  /** What was read without owning the lane; nothing if none of it was. */
  @Override
  public String toString() {
    return followed == null ? "" : ", followed to " + followed.end();
  }

  private String at() {
    return "lane " + number + ": ";
  }
}
