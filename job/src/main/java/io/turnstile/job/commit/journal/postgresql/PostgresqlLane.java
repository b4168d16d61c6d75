package io.turnstile.job.commit.journal.postgresql;

import com.zaxxer.hikari.HikariDataSource;
import io.turnstile.events.Outcome;
import io.turnstile.job.commit.journal.JournalEntry;
import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.commit.journal.LaneJournal;
import io.turnstile.job.commit.journal.LanePosition;
import io.turnstile.job.commit.journal.LaneRange;
import io.turnstile.job.commit.journal.postgresql.LaneTable.StoredVerdict;
import io.turnstile.job.decide.RecoveredAcceptance;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.read.Inputs;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/** One lane of a {@link PostgresqlJournal}. */
final class PostgresqlLane implements LaneJournal {

  private static final int PAGE_ROWS = 1_000;

  /** Lanes are read at the same time, and a value can have a mebibyte. */
  private static final long PAGE_BYTES = 8L << 20;

  private static final String CONNECT =
      " connect to the server that has them, or restore a checkpoint that was taken before they were"
          + " lost";

  private final LaneSession session;
  private final LaneTable table;
  private final LaneCommit commit;
  private final Duration strayLives;
  private final String sessions;
  private final int number;
  private final String at;

  /**
   * Random, not counted: a replica that was promoted without the newest take-over would give the
   * next number a second time.
   */
  private final UUID owner = UUID.randomUUID();

  /** Verdicts before it may have been dropped. */
  private long firstSeq;

  /** The lane's end as this owner knows it. */
  private TablePosition end = TablePosition.START;

  /** Appended since the last commit. */
  private final List<Verdict> open = new ArrayList<>();

  /**
   * @param strayLives within which a process of this job that was given up for dead, and wakes up,
   *     notices so
   * @param sessions name of the pool's sessions
   * @param inputs as for {@link LaneCommit}
   */
  PostgresqlLane(
      HikariDataSource pool,
      Duration retryTimeout,
      Duration strayLives,
      String sessions,
      Inputs inputs,
      int number) {
    this.strayLives = strayLives;
    this.sessions = sessions;
    this.number = number;
    at = "lane " + number + ": ";
    session = new LaneSession(pool, retryTimeout, at);
    table = new LaneTable(number);
    commit = new LaneCommit(session, table, owner, inputs, at);
  }

  @Override
  public String target() {
    return "verdict table";
  }

  @Override
  public LaneRange takeOver(LanePosition from) throws JournalException, InterruptedException {
    end = session.run("taking over", this::becomeOwner);
    TablePosition begin = from == null ? TablePosition.START : TablePosition.of(from);
    if (begin.lastSeq() > end.lastSeq()) {
      throw new JournalException.Refused(
          at
              + "the lane ends at lane_seq "
              + end.lastSeq()
              + timelines(begin)
              + ": this server lacks verdicts that the checkpoint covers, up to "
              + begin.lastSeq()
              + ";"
              + CONNECT);
    }
    if (begin.lastSeq() + 1 < firstSeq) {
      throw new JournalException.Refused(
          at
              + "verdicts before lane_seq "
              + firstSeq
              + " were dropped (./turnstile database retain), and "
              + (from == null ? "a start without checkpoint" : "the checkpoint")
              + " needs those since "
              + (begin.lastSeq() + 1)
              + ": restore a newer checkpoint or savepoint");
    }
    return new LaneRange(begin.position(), end.position());
  }

  private TablePosition becomeOwner(Connection connection) throws SQLException {
    table.endSessions(connection, sessions);
    int timeline = table.timeline(connection);
    LaneTable.End found = table.becomeOwner(connection, owner, sessions);
    firstSeq = found.firstSeq();
    return new TablePosition(found.lastSeq(), found.history(), timeline);
  }

  private String timelines(TablePosition checkpoint) {
    return checkpoint.timeline() == end.timeline() || checkpoint.timeline() == 0
        ? ""
        : " (timeline " + end.timeline() + ", the checkpoint's is " + checkpoint.timeline() + ")";
  }

  @Override
  public void read(LaneRange range, Reader reader) throws JournalException, InterruptedException {
    TablePosition begin = TablePosition.of(range.from());
    TablePosition upTo = TablePosition.of(range.end());
    LaneHistory history = begin.history();
    long last = begin.lastSeq();
    long count = 0;
    while (last < upTo.lastSeq()) {
      long after = last;
      List<StoredVerdict> page =
          session.run(
              "reading",
              connection -> table.page(connection, after, upTo.lastSeq(), PAGE_ROWS, PAGE_BYTES));
      if (page.isEmpty()) {
        requireOwner();
        throw new JournalException.Refused(
            at
                + "the verdict table lacks lane_seq "
                + (last + 1)
                + " to "
                + upTo.lastSeq()
                + ", and what was committed since "
                + begin.lastSeq()
                + " is needed: verdicts were deleted; restore a newer checkpoint or savepoint");
      }
      for (StoredVerdict verdict : page) {
        reader.read(entry(verdict));
        history =
            history.plus(
                verdict.laneSeq(), verdict.source(), verdict.outcome(), verdict.decidedAt());
      }
      last = page.get(page.size() - 1).laneSeq();
      count += page.size();
    }
    // Where numbers are missing, the protocol says which.
    if (count == upTo.lastSeq() - begin.lastSeq() && !history.equals(upTo.history())) {
      requireOwner();
      throw new JournalException.Refused(
          at
              + "the verdicts up to lane_seq "
              + upTo.lastSeq()
              + " are others than those that were committed"
              + timelines(begin)
              + ": this server lacks verdicts that the checkpoint covers, or rows were changed;"
              + CONNECT);
    }
  }

  /** What is missing may have gone with a fail-over since the take-over; a restart gets over it. */
  private void requireOwner() throws JournalException, InterruptedException {
    if (!owner.equals(session.run("asking for the owner", table::state).owner())) {
      throw new FencedException(
          at
              + "reading failed: another owner took over, or a fail-over lost the take-over; the job"
              + " goes back to its last checkpoint");
    }
  }

  private static JournalEntry entry(StoredVerdict verdict) {
    return new JournalEntry(
        "lane_seq " + verdict.laneSeq(),
        OptionalLong.of(verdict.laneSeq()),
        verdict.source(),
        verdict.outcome() == Outcome.ACCEPTED
            ? RecoveredAcceptance.of(verdict.source(), verdict.value())
            : null);
  }

  /** A row is committed, or nobody sees it. */
  @Override
  public Roaring64Bitmap appended(LaneRange range) {
    return new Roaring64Bitmap();
  }

  @Override
  public void append(Verdict verdict, long laneSeq) {
    if (laneSeq != end.lastSeq() + open.size() + 1) {
      throw new IllegalStateException(at + "lane_seq " + laneSeq + " does not follow " + end);
    }
    open.add(verdict);
  }

  @Override
  public LanePosition commit() throws JournalException, InterruptedException {
    end = commit.commit(end, open);
    open.clear();
    return end.position();
  }

  /** What is committed is visible. An owner that has nothing to commit learns here of another. */
  @Override
  public void awaitVisible(LanePosition position) throws JournalException, InterruptedException {
    LaneTable.State state = session.run("asking for the owner", table::state);
    long lastSeq = TablePosition.of(position).lastSeq();
    if (!owner.equals(state.owner()) || state.lastSeq() != lastSeq || state.standby()) {
      throw new FencedException(
          at
              + "another owner took over, or the server lacks what was committed (lane_seq "
              + state.lastSeq()
              + " instead of "
              + lastSeq
              + "); the job goes back to its last checkpoint");
    }
  }

  /** Nothing happens in the background. */
  @Override
  public void check() {}

  /**
   * Tells another job from a process of our own that was thought dead: the latter soon ends, and
   * the other goes on committing.
   */
  @Override
  public JournalException diagnose(JournalException failure) throws InterruptedException {
    if (!(failure instanceof FencedException) && !SqlFailures.isSessionEnded(failure.getCause())) {
      return failure;
    }
    LaneTable.State before;
    LaneTable.State after;
    try {
      // Of a session that ended with the server, or by somebody's hand.
      if (owner.equals(session.ask("asking for the owner", table::state).owner())) {
        return failure;
      }
      Thread.sleep(strayLives.toMillis());
      before = session.run("asking for the owner", table::state);
      Thread.sleep(strayLives.toMillis());
      after = session.run("asking for the owner", table::state);
    } catch (JournalException unknown) {
      failure.addSuppressed(unknown);
      return failure;
    }
    if (after.lastSeq() == before.lastSeq() || owner.equals(after.owner())) {
      return failure;
    }
    return new JournalException.Refused(
        at
            + "another job writes to the same database: it has taken lane "
            + number
            + " over and goes on committing in the sessions "
            + after.sessions()
            + "; stop one of the two jobs, or give it a database of its own",
        failure);
  }

  @Override
  public void close() {
    session.close();
  }
}
