package io.turnstile.job.commit.journal.postgresql;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.Outcome;
import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.Inputs;
import io.turnstile.job.read.NoSuchInputException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Commits verdicts of one lane for one owner: in one statement, unless the database refuses a
 * verdict. That one is then found out, and what comes before it is committed.
 */
final class LaneCommit {

  /**
   * Of all attempts that this TaskManager has made: a refusal ends the attempt, and its own counter
   * would go with it before anybody has read it.
   */
  private static final AtomicLong REFUSED = new AtomicLong();

  private final LaneSession session;
  private final LaneTable table;
  private final UUID owner;
  private final Inputs inputs;
  private final String at;

  /**
   * @param inputs to make dead letters of those whose verdicts are refused; null if a refusal stops
   *     the job
   * @param at begins every message
   */
  LaneCommit(LaneSession session, LaneTable table, UUID owner, Inputs inputs, String at) {
    this.session = session;
    this.table = table;
    this.owner = owner;
    this.inputs = inputs;
    this.at = at;
  }

  /** Verdicts that the database has refused; of the TaskManager, since it loaded this class. */
  static long refused() {
    return REFUSED.get();
  }

  /**
   * Commits.
   *
   * @param before where the lane ends
   * @return where it ends now
   * @throws JournalException.Refused if the database refuses a verdict, and that stops the job
   * @throws JournalException also if such a verdict has become a dead letter: verdicts decided
   *     since may rest upon it, so that everything behind is to be decided again
   */
  TablePosition commit(TablePosition before, List<Verdict> verdicts)
      throws JournalException, InterruptedException {
    try {
      return insert(before, verdicts);
    } catch (JournalException.Refused e) {
      if (!(e.getCause() instanceof SQLException refusal) || !SqlFailures.isOfRows(refusal)) {
        throw e;
      }
      if (verdicts.size() == 1) {
        REFUSED.incrementAndGet();
        throw inputs == null ? e : deadLettered(before, verdicts.get(0), refusal, e);
      }
      int half = verdicts.size() / 2;
      TablePosition middle = commit(before, verdicts.subList(0, half));
      return commit(middle, verdicts.subList(half, verdicts.size()));
    }
  }

  private TablePosition insert(TablePosition before, List<Verdict> verdicts)
      throws JournalException, InterruptedException {
    List<VerdictRow> rows = verdicts.stream().map(VerdictRow::of).toList();
    LaneHistory history = before.history();
    long laneSeq = before.lastSeq();
    for (VerdictRow row : rows) {
      laneSeq++;
      history = history.plus(laneSeq, row.source(), row.outcome(), row.decidedMillis());
    }
    TablePosition after = new TablePosition(laneSeq, history, before.timeline());
    String committing = "committing " + describe(rows);
    int inserted =
        session.run(
            committing,
            connection -> table.insert(connection, owner, before.lastSeq(), rows, after.history()));
    if (inserted != rows.size()) {
      throw new FencedException(
          at
              + committing
              + " failed: another owner took over, or the server lacks what was committed before;"
              + " the job goes back to its last checkpoint");
    }
    return after;
  }

  private static String describe(List<VerdictRow> rows) {
    String first = rows.get(0).source().toString();
    return rows.size() == 1
        ? "the verdict of input " + first
        : rows.size()
            + " verdicts, of inputs "
            + first
            + " … "
            + rows.get(rows.size() - 1).source();
  }

  /**
   * Commits a dead letter instead of a verdict.
   *
   * @param stops the exception if there is no way but to stop
   * @return the exception to throw
   */
  private JournalException deadLettered(
      TablePosition before, Verdict verdict, SQLException refusal, JournalException.Refused stops)
      throws JournalException, InterruptedException {
    if (verdict.outcome() == Outcome.DEAD_LETTER) {
      return stops;
    }
    String reason = SqlFailures.oneLine(refusal);
    insert(before, List.of(deadLetter(verdict, reason)));
    return new JournalException(
        at
            + "the database refuses the verdict of input "
            + verdict.position()
            + " ("
            + reason
            + "), which is a dead letter now; the job goes back to its last checkpoint, to decide"
            + " without it",
        refusal);
  }

  private Verdict deadLetter(Verdict verdict, String reason)
      throws JournalException, InterruptedException {
    InputRecord input;
    try {
      input = inputs.at(verdict.position());
    } catch (NoSuchInputException e) {
      throw new JournalException.Refused(
          at
              + "the database refuses the verdict of input "
              + verdict.position()
              + " ("
              + reason
              + "), and its topic no longer has that input, of which to make a dead letter: change"
              + " the constraint or trigger so that it admits this verdict, and start the job again"
              + " from its last checkpoint",
          e);
    } catch (IOException e) {
      throw new JournalException(
          at
              + "the database refuses the verdict of input "
              + verdict.position()
              + " ("
              + reason
              + "), and no dead letter could be made: "
              + e.getMessage()
              + "; the job goes back to its last checkpoint",
          e);
    }
    return new Verdict(
        verdict.lane(),
        verdict.position(),
        Outcome.DEAD_LETTER,
        verdict.receivedAt(),
        input.key(),
        input.value(),
        InputHeaders.toDeadLetter(input.headers()),
        DeadLetterCode.REFUSED_BY_DATABASE.name(),
        reason);
  }
}
