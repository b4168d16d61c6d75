package io.turnstile.job.commit.journal;

import io.turnstile.clients.Generation;
import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.job.commit.journal.ModelDatabase.Contents;
import io.turnstile.job.commit.journal.ModelDatabase.Row;
import io.turnstile.job.commit.journal.ProtocolModel.Mutation;
import io.turnstile.job.decide.Verdict;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * One lane's row and verdicts as PostgreSQL keeps them, for the model.
 *
 * <p>With a {@link Mutation} it leaves out what that names.
 */
final class ModelTable implements ModelStore {

  private static final String TARGET = "verdict table";

  /**
   * What a position in the table holds.
   *
   * @param history stands for the hash over all verdicts up to there
   */
  private record Position(long lastSeq, long history) {
    static final Position START = new Position(0, 0);

    static Position of(LanePosition position) {
      ByteBuffer bytes = ByteBuffer.wrap(position.bytes());
      return new Position(bytes.getLong(), bytes.getLong());
    }

    Position plus(Verdict verdict) {
      long next = history * 31 + verdict.position().partition();
      next = next * 31 + verdict.position().offset() + 1;
      next = next * 31 + verdict.outcome().headerValue().hashCode();
      return new Position(lastSeq + 1, next);
    }

    LanePosition position() {
      return LanePosition.of(
          ByteBuffer.allocate(2 * Long.BYTES).putLong(lastSeq).putLong(history).array());
    }
  }

  /** An input became a dead letter because the table refused its verdict. */
  static final class DeadLettered extends JournalException {
    private DeadLettered(Verdict verdict) {
      super("refused: " + verdict.position());
    }
  }

  private final int lane;
  private final ModelDatabase database;
  private final Predicate<SourcePosition> unstorable;
  private final Set<Mutation> mutations;
  private final ModelJournal.Observer observer;

  /**
   * @param unstorable inputs that it refuses any verdict of but a dead letter
   */
  ModelTable(
      int lane,
      ModelDatabase database,
      Predicate<SourcePosition> unstorable,
      Set<Mutation> mutations,
      ModelJournal.Observer observer) {
    this.lane = lane;
    this.database = database;
    this.unstorable = unstorable;
    this.mutations = mutations;
    this.observer = observer;
  }

  private Contents contents() {
    return database.lane(lane);
  }

  @Override
  public LanePosition end() {
    return new Position(contents().lastSeq(), contents().history()).position();
  }

  @Override
  public LanePosition stableEnd() {
    return end();
  }

  @Override
  public long lastSeq() {
    return contents().lastSeq();
  }

  /** A row is committed, or nobody sees it. */
  @Override
  public boolean hasUnmarked() {
    return false;
  }

  /** The database is described once for all lanes. */
  @Override
  public void describe(StringBuilder text) {}

  @Override
  public Owner owner(int number, Generation generation, Runnable meanwhile) {
    if (generation != null) {
      throw new IllegalArgumentException("the tables have no generations");
    }
    return new TableOwner(number, meanwhile);
  }

  private boolean isMutated(Mutation... any) {
    return Set.of(any).stream().anyMatch(mutations::contains);
  }

  private void insert(List<Row> rows) throws JournalException.Refused {
    if (!isMutated(Mutation.UNIQUE_KEY_DROPPED)) {
      for (Row row : rows) {
        boolean numberTwice =
            contents().rows().stream().anyMatch(known -> known.laneSeq() == row.laneSeq());
        boolean sourceTwice =
            database.verdicts().stream()
                .anyMatch(known -> known.position().equals(row.verdict().position()));
        if (numberTwice || sourceTwice) {
          throw new JournalException.Refused("23505: " + row.verdict().position());
        }
      }
    }
    database.put(lane, contents().with(rows));
    rows.forEach(row -> observer.committed(row.verdict()));
  }

  /** One who took over the lane, or is about to. */
  private final class TableOwner implements Owner {

    /** Unlike any other, unless it is counted. */
    private long id;

    private final Runnable meanwhile;
    private Position known = Position.START;
    private final List<Verdict> open = new ArrayList<>();

    private TableOwner(int number, Runnable meanwhile) {
      this.id = 1_000L + number;
      this.meanwhile = meanwhile;
    }

    @Override
    public String target() {
      return TARGET;
    }

    @Override
    public LaneRange takeOver(LanePosition from) throws JournalException {
      Position end;
      if (isMutated(Mutation.READ_BEFORE_OWNED)) {
        end = Position.of(end());
        meanwhile.run();
        becomeOwner();
      } else {
        becomeOwner();
        end = known;
        meanwhile.run();
      }
      Position begin = from == null ? Position.START : Position.of(from);
      if (begin.lastSeq > end.lastSeq) {
        throw new JournalException.Refused("the server lacks what the checkpoint covers");
      }
      return new LaneRange(begin.position(), end.position());
    }

    private void becomeOwner() {
      if (isMutated(Mutation.OWNER_COUNTED)) {
        id = contents().owner() + 1;
      }
      database.put(lane, contents().ownedBy(id));
      known = Position.of(end());
    }

    @Override
    public void read(LaneRange range, Reader reader) throws JournalException, InterruptedException {
      meanwhile.run();
      Position reached = Position.of(range.from());
      Position end = Position.of(range.end());
      for (Row row : contents().rows()) {
        if (row.laneSeq() > reached.lastSeq && row.laneSeq() <= end.lastSeq) {
          Verdict verdict = row.verdict();
          reader.read(
              new JournalEntry(
                  "lane_seq " + row.laneSeq(),
                  OptionalLong.of(row.laneSeq()),
                  verdict.position(),
                  verdict.outcome() == Outcome.ACCEPTED
                      ? ProtocolModel.acceptance(verdict)
                      : null));
          reached = reached.plus(verdict);
        }
      }
      if (!reached.equals(end)) {
        // What is missing may have gone with a fail-over since.
        requireOwner();
        throw new JournalException.Refused("verdicts are missing, or others than were committed");
      }
    }

    private void requireOwner() throws JournalException {
      if (contents().owner() != id && !isMutated(Mutation.OWNER_NOT_CHECKED)) {
        throw new JournalException("fenced");
      }
    }

    @Override
    public Roaring64Bitmap appended(LaneRange range) {
      return new Roaring64Bitmap();
    }

    @Override
    public void append(Verdict verdict, long laneSeq) {
      open.add(verdict);
    }

    @Override
    public LanePosition commit() throws JournalException {
      List<Verdict> left = List.copyOf(open);
      open.clear();
      for (int i = 0; i < left.size(); i++) {
        if (unstorable.test(left.get(i).position())) {
          commitAsDeadLetter(left.subList(0, i), left.get(i));
          left = left.subList(i + 1, left.size());
          i = -1;
        }
      }
      if (!left.isEmpty()) {
        commit(left);
      }
      return known.position();
    }

    /** What comes before it is committed, then its dead letter. */
    private void commitAsDeadLetter(List<Verdict> before, Verdict refused) throws JournalException {
      if (!before.isEmpty()) {
        commit(before);
        meanwhile.run();
      }
      commit(List.of(deadLetter(refused)));
      if (!isMutated(Mutation.REFUSAL_SURVIVED)) {
        throw new DeadLettered(refused);
      }
    }

    private Verdict deadLetter(Verdict refused) {
      return new Verdict(
          refused.lane(),
          refused.position(),
          Outcome.DEAD_LETTER,
          0,
          refused.key(),
          refused.value(),
          null,
          null);
    }

    /** In one statement. */
    private void commit(List<Verdict> verdicts) throws JournalException {
      Contents now = contents();
      Position before = isMutated(Mutation.LAST_SEQ_ASKED_OF_SERVER) ? Position.of(end()) : known;
      Position after = before;
      for (Verdict verdict : verdicts) {
        after = after.plus(verdict);
      }
      boolean matches = isOwner(now) && endsAt(now, before);
      if (matches) {
        // As the UPDATE counts, whatever the owner knows.
        long lastSeq = now.lastSeq() + verdicts.size();
        if (isMutated(Mutation.TWO_STATEMENTS)) {
          database.put(lane, now.endingAt(lastSeq, after.history));
          meanwhile.run();
          insert(numbered(verdicts, lastSeq));
        } else {
          commitAtOnce(now.endingAt(lastSeq, after.history), numbered(verdicts, lastSeq));
        }
      } else if (isMutated(Mutation.INDEPENDENT_PARTS)) {
        insert(numbered(verdicts, after.lastSeq));
      } else {
        throw new JournalException("fenced");
      }
      known = after;
    }

    private boolean isOwner(Contents now) {
      return now.owner() == id
          || isMutated(Mutation.OWNER_NOT_CHECKED, Mutation.UNIQUE_KEY_DROPPED);
    }

    private boolean endsAt(Contents now, Position before) {
      return now.lastSeq() == before.lastSeq
          || isMutated(Mutation.LAST_SEQ_NOT_COMPARED, Mutation.UNIQUE_KEY_DROPPED);
    }

    private List<Row> numbered(List<Verdict> verdicts, long lastSeq) {
      List<Row> rows = new ArrayList<>();
      for (Verdict verdict : verdicts) {
        rows.add(new Row(lastSeq - verdicts.size() + rows.size() + 1, verdict));
      }
      return rows;
    }

    /** One statement: the lane's row and the verdicts, or neither. */
    private void commitAtOnce(Contents moved, List<Row> rows) throws JournalException.Refused {
      insert(rows);
      database.amend(lane, contents().endingAt(moved.lastSeq(), moved.history()));
    }

    @Override
    public void awaitVisible(LanePosition position) throws JournalException {
      boolean same =
          contents().lastSeq() == Position.of(position).lastSeq
              || isMutated(
                  Mutation.LAST_SEQ_NOT_COMPARED,
                  Mutation.LAST_SEQ_ASKED_OF_SERVER,
                  Mutation.UNIQUE_KEY_DROPPED);
      if (!isOwner(contents()) || !same) {
        throw new JournalException("fenced");
      }
    }

    @Override
    public void takeOverAgain() {
      throw new UnsupportedOperationException("an owner in a table does not expire");
    }

    @Override
    public boolean touches(int part) {
      return false;
    }

    @Override
    public void leaveUnmarked(int part) {
      throw new UnsupportedOperationException("a row is committed, or nobody sees it");
    }

    @Override
    public LanePosition promiseCommit() {
      throw new UnsupportedOperationException("of the other store");
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
      text.append(' ').append(id).append(known);
      open.forEach(verdict -> text.append(verdict.position()).append(verdict.outcome()));
    }
  }
}
