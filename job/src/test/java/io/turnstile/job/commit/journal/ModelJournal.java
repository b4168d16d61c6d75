package io.turnstile.job.commit.journal;

import io.turnstile.clients.Generation;
import io.turnstile.events.Outcome;
import io.turnstile.job.commit.journal.ProtocolModel.Mutation;
import io.turnstile.job.commit.journal.kafka.LaneExtent;
import io.turnstile.job.commit.journal.kafka.LaneOffsets;
import io.turnstile.job.decide.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * One lane's log as Kafka keeps it, for the model: one thread, no waiting. Outlives its owners.
 *
 * <p>With a {@link Mutation} it leaves out what that names.
 */
final class ModelJournal implements ModelStore {

  static final List<Outcome> PARTS = List.of(Outcome.ACCEPTED, Outcome.REJECTED);
  private static final List<String> PART_NAMES = PARTS.stream().map(Outcome::headerValue).toList();

  /** Records on a part that share a marker: a transaction, and those before it without one. */
  private static final class Span {
    boolean open = true;
    boolean committed;
  }

  /** A record, or with a null verdict the marker that ends a transaction. */
  private record Slot(Verdict verdict, long laneSeq, Span span) {}

  /** The last transaction of a transactional id. */
  private static final class Transaction {
    boolean open;
    final boolean[] touched = new boolean[PARTS.size()];

    /** By part, what is not marked yet. */
    final Span[] spans = new Span[PARTS.size()];
  }

  /** Checks whether a promise is broken. */
  interface Observer {
    void committed(Verdict verdict);
  }

  private final int lane;
  private final Set<Mutation> mutations;
  private final Observer observer;
  private final List<List<Slot>> parts = new ArrayList<>();

  /** By transactional id; a lane has one, unless mutated. */
  private final KafkaOwner[] owners = new KafkaOwner[2];

  private final Transaction[] transactions = {new Transaction(), new Transaction()};

  /** The owner that has made itself known; null if none has. */
  private Generation known;

  /** The greatest generation that took over and was to make itself known. */
  private Generation greatest;

  ModelJournal(int lane, Set<Mutation> mutations, Observer observer) {
    this.lane = lane;
    this.mutations = mutations;
    this.observer = observer;
    PARTS.forEach(part -> parts.add(new ArrayList<>()));
  }

  private LaneExtent extent() {
    return new LaneExtent(lane, PART_NAMES, LaneOffsets.start(PARTS.size()), endOffsets());
  }

  @Override
  public Owner owner(int number, Generation generation, Runnable meanwhile) {
    return new KafkaOwner(Integer.toString(number), generation, meanwhile);
  }

  @Override
  public boolean isSuperseded(Generation generation) {
    return greatest != null && generation.yieldsTo(greatest);
  }

  @Override
  public Generation known() {
    return known;
  }

  @Override
  public LanePosition end() {
    return endOffsets().position();
  }

  @Override
  public LanePosition stableEnd() {
    return stableOffsets().position();
  }

  private LaneOffsets endOffsets() {
    List<Long> offsets = new ArrayList<>(PARTS.size());
    parts.forEach(part -> offsets.add((long) part.size()));
    return new LaneOffsets(offsets);
  }

  private LaneOffsets stableOffsets() {
    List<Long> offsets = new ArrayList<>(PARTS.size());
    for (List<Slot> part : parts) {
      long stable = 0;
      while (stable < part.size() && !part.get((int) stable).span.open) {
        stable++;
      }
      offsets.add(stable);
    }
    return new LaneOffsets(offsets);
  }

  @Override
  public long lastSeq() {
    long last = 0;
    for (List<Slot> part : parts) {
      for (Slot slot : part) {
        if (slot.verdict != null && slot.span.committed) {
          last = Math.max(last, slot.laneSeq);
        }
      }
    }
    return last;
  }

  @Override
  public boolean hasUnmarked() {
    for (Transaction transaction : transactions) {
      for (int part = 0; part < PARTS.size(); part++) {
        if (transaction.spans[part] != null && !transaction.touched[part]) {
          return true;
        }
      }
    }
    return false;
  }

  private void end(int id, boolean commit, int unmarked) {
    Transaction transaction = transactions[id];
    transaction.open = false;
    for (int part = 0; part < PARTS.size(); part++) {
      if (transaction.touched[part]) {
        transaction.touched[part] = false;
        if (part != unmarked) {
          mark(transaction, part, commit);
        }
      }
    }
  }

  private void mark(Transaction transaction, int part, boolean commit) {
    Span span = transaction.spans[part];
    transaction.spans[part] = null;
    span.open = false;
    span.committed = commit;
    List<Slot> slots = parts.get(part);
    if (commit) {
      for (Slot slot : slots) {
        if (slot.span == span) {
          observer.committed(slot.verdict);
        }
      }
    }
    slots.add(new Slot(null, 0, span));
  }

  @Override
  public void describe(StringBuilder text) {
    for (List<Slot> part : parts) {
      text.append('[');
      for (Slot slot : part) {
        if (slot.verdict == null) {
          text.append('|');
        } else {
          text.append(slot.verdict.position().partition())
              .append('/')
              .append(slot.verdict.position().offset())
              .append('#')
              .append(slot.laneSeq)
              .append(slot.span.committed ? 'c' : slot.span.open ? 'o' : 'a')
              .append(' ');
        }
      }
      text.append(']');
    }
    for (Transaction transaction : transactions) {
      text.append(transaction.open ? 'o' : '-');
      for (boolean touched : transaction.touched) {
        text.append(touched ? 't' : '-');
      }
    }
    for (KafkaOwner owner : owners) {
      text.append(owner == null ? "-" : owner.name).append(' ');
    }
    text.append(known).append(greatest);
  }

  /** One who took over the lane, or is about to. */
  private final class KafkaOwner implements Owner {
    private final String name;
    private final Generation generation;

    /** Runs where others may get in between. */
    private final Runnable meanwhile;

    /** The owner that was known when the take-over began. */
    private Generation knownAtBegin;

    private boolean followed;

    private boolean fenced;
    private int commits;

    /** A commit acknowledged before it was done. */
    private boolean owing;

    /** Expected offset of the next verdict, by part. */
    private final long[] next = new long[PARTS.size()];

    /** A verdict is where the marker of a commit should be. */
    private boolean misplaced;

    /** The part that the next commit is not marked on, or -1. */
    private int unmarked = -1;

    private KafkaOwner(String name, Generation generation, Runnable meanwhile) {
      this.name = name;
      this.generation = generation;
      this.meanwhile = meanwhile;
    }

    @Override
    public void beginTakeOver() {
      knownAtBegin = known;
    }

    @Override
    public Optional<Generation> owner() {
      Mutation leftOut =
          fenced ? Mutation.GENERATION_NOT_READ_AFTER : Mutation.GENERATION_NOT_READ_BEFORE;
      Optional<Generation> found =
          mutations.contains(leftOut) ? Optional.empty() : Optional.ofNullable(known);
      meanwhile.run();
      return found;
    }

    @Override
    public void claim(Generation mine) throws JournalException {
      if (owners[0] != this) {
        throw new JournalException("fenced");
      }
      if (!mutations.contains(Mutation.GENERATION_NOT_MADE_KNOWN)) {
        known = mine;
      }
      if (greatest == null || greatest.yieldsTo(mine)) {
        greatest = mine;
      }
    }

    @Override
    public LaneRange beginFollowing(LanePosition from) throws JournalException {
      return new LaneExtent(lane, PART_NAMES, LaneOffsets.start(PARTS.size()), followedEnd())
          .rangeFrom(from);
    }

    @Override
    public LanePosition follow(LanePosition from, Reader reader)
        throws JournalException, InterruptedException {
      LanePosition end = followedEnd().position();
      followed = true;
      readSlots(new LaneRange(from, end), reader);
      return end;
    }

    private LaneOffsets followedEnd() {
      return mutations.contains(Mutation.UNCOMMITTED_FOLLOWED) ? endOffsets() : stableOffsets();
    }

    @Override
    public String target() {
      return "verdict topics";
    }

    @Override
    public LaneRange takeOver(LanePosition from) throws JournalException {
      if (!mutations.contains(Mutation.READ_BEFORE_FENCING)) {
        fence(0);
        fenced = true;
        if (hasUnmarked()) {
          meanwhile.run();
          endUnmarked(0);
        }
      }
      meanwhile.run();
      return extent().rangeFrom(from);
    }

    @Override
    public void takeOverAgain() throws JournalException {
      LaneOffsets own = new LaneOffsets(Arrays.stream(next).boxed().toList());
      awaitVisible(own.position());
      meanwhile.run();
      fence(0);
      meanwhile.run();
      requireNotSuperseded();
      if (!mutations.contains(Mutation.TAKEN_OVER_AGAIN_BLINDLY)) {
        LaneExtent.requireEnd(lane, PART_NAMES, endOffsets(), own);
      }
    }

    private void fence(int id) {
      if (knownAtBegin != null && generation != null && generation.yieldsTo(knownAtBegin)) {
        throw new ProtocolModel.Violation(generation + " fights back against " + knownAtBegin);
      }
      Transaction transaction = transactions[id];
      if (transaction.open) {
        end(id, false, -1);
      }
      owners[id] = this;
    }

    /** Ends what is not marked, with a record that is not committed. */
    private void endUnmarked(int id) throws JournalException {
      if (mutations.contains(Mutation.UNMARKED_LEFT_AT_TAKE_OVER)) {
        return;
      }
      if (owners[id] != this) {
        throw new JournalException("fenced");
      }
      Transaction transaction = transactions[id];
      for (int part = 0; part < PARTS.size(); part++) {
        if (transaction.spans[part] != null) {
          parts.get(part).add(new Slot(null, 0, transaction.spans[part]));
          mark(transaction, part, false);
        }
      }
    }

    @Override
    public void read(LaneRange range, Reader reader) throws JournalException, InterruptedException {
      LaneOffsets to = LaneOffsets.of(range.end());
      meanwhile.run();
      for (int part = 0; part < PARTS.size(); part++) {
        next[part] = to.offset(part);
      }
      if (!followed || !mutations.contains(Mutation.TAIL_NOT_READ_AFTER_FOLLOWING)) {
        readSlots(range, reader);
      }
    }

    private void readSlots(LaneRange range, Reader reader)
        throws JournalException, InterruptedException {
      LaneOffsets from = LaneOffsets.of(range.from());
      LaneOffsets to = LaneOffsets.of(range.end());
      boolean uncommittedToo = mutations.contains(Mutation.UNCOMMITTED_FOLLOWED) && !fenced;
      for (int part = 0; part < PARTS.size(); part++) {
        for (long offset = from.offset(part); offset < to.offset(part); offset++) {
          Slot slot = parts.get(part).get((int) offset);
          if (slot.verdict != null && (slot.span.committed || (uncommittedToo && slot.span.open))) {
            Verdict verdict = slot.verdict;
            reader.read(
                new JournalEntry(
                    PART_NAMES.get(part) + " " + offset,
                    OptionalLong.of(slot.laneSeq),
                    verdict.position(),
                    verdict.outcome() == Outcome.ACCEPTED
                        ? ProtocolModel.acceptance(verdict)
                        : null));
          }
        }
      }
    }

    @Override
    public Roaring64Bitmap appended(LaneRange range) {
      LaneOffsets from = LaneOffsets.of(range.from());
      LaneOffsets to = LaneOffsets.of(range.end());
      Roaring64Bitmap numbers = new Roaring64Bitmap();
      for (int part = 0; part < PARTS.size(); part++) {
        for (Slot slot : parts.get(part).subList((int) from.offset(part), (int) to.offset(part))) {
          if (slot.verdict != null) {
            numbers.addLong(slot.laneSeq);
          }
        }
      }
      return numbers;
    }

    @Override
    public void append(Verdict verdict, long laneSeq) throws JournalException {
      payCommit();
      int id = id();
      requireOwner(id);
      Transaction transaction = transactions[id];
      int part = PARTS.indexOf(verdict.outcome());
      if (transaction.spans[part] == null) {
        transaction.spans[part] = new Span();
      }
      transaction.open = true;
      transaction.touched[part] = true;
      List<Slot> slots = parts.get(part);
      misplaced |= slots.size() < next[part];
      slots.add(new Slot(verdict, laneSeq, transaction.spans[part]));
      next[part] = slots.size();
    }

    @Override
    public LanePosition commit() throws JournalException {
      int id = id();
      requireOwner(id);
      if (!transactions[id].open) {
        throw new JournalException("nothing to commit");
      }
      if (misplaced) {
        throw new JournalException("an earlier commit is not marked");
      }
      if (generation != null && isSuperseded(generation)) {
        throw new ProtocolModel.Violation(generation + " commits after " + greatest);
      }
      LanePosition end = endAfterCommit(id);
      end(id, true, unmarked);
      commits++;
      return end;
    }

    @Override
    public boolean touches(int part) {
      return transactions[id()].touched[part];
    }

    @Override
    public void leaveUnmarked(int part) {
      unmarked = part;
    }

    @Override
    public void awaitVisible(LanePosition end) throws JournalException {
      requireNotSuperseded();
      if (!stableEnd().equals(end)) {
        throw new JournalException("readers are at " + stableEnd() + ", not at " + end);
      }
    }

    private void requireNotSuperseded() throws JournalException {
      if (generation != null && known != null && generation.yieldsTo(known)) {
        throw JournalException.Refused.superseded("", generation, known);
      }
    }

    @Override
    public LanePosition promiseCommit() throws JournalException {
      int id = id();
      requireOwner(id);
      owing = true;
      return endAfterCommit(id);
    }

    private LanePosition endAfterCommit(int id) {
      List<Long> end = new ArrayList<>();
      for (int part = 0; part < PARTS.size(); part++) {
        if (transactions[id].touched[part]) {
          next[part] = parts.get(part).size() + 1L;
        }
        end.add(next[part]);
      }
      return new LaneOffsets(end).position();
    }

    private void payCommit() throws JournalException {
      if (owing) {
        owing = false;
        LanePosition unused = commit();
      }
    }

    /** Returns the transactional id of the next commit. */
    private int id() {
      return mutations.contains(Mutation.SECOND_ID_INITIALISED_LAZILY) ? commits % 2 : 0;
    }

    private void requireOwner(int id) throws JournalException {
      if (!fenced || (id == 1 && commits == 1 && owners[1] != this)) {
        fenced = true;
        fence(id);
        endUnmarked(id);
      }
      if (owners[id] != this) {
        throw new JournalException("fenced");
      }
    }

    @Override
    public void check() {}

    @Override
    public JournalException diagnose(JournalException e) {
      return e;
    }

    @Override
    public void close() {}

    @Override
    public void describe(StringBuilder text) {
      text.append(fenced ? 'f' : '-').append(owing ? 'o' : '-').append(commits % 2);
      text.append(misplaced ? 'm' : '-').append(Arrays.toString(next));
    }
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("lane " + lane + " ");
    describe(text);
    return text.toString();
  }
}
