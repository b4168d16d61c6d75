package io.turnstile.job.commit.journal.postgresql;

import io.turnstile.job.commit.journal.JournalException;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.PSQLWarning;
import org.postgresql.util.ServerErrorMessage;

/** Explains what a failure of PostgreSQL means to the journal, by its SQLSTATE. */
final class SqlFailures {

  private static final String UNIQUE_VIOLATION = "23505";

  private static final String CHECK_VIOLATION = "23514";

  /**
   * The routines of the server that find no partition for a row. They give the SQLSTATE of a check,
   * and no constraint.
   */
  private static final Set<String> FIND_PARTITION =
      Set.of("ExecFindPartition", "ExecPartitionCheckEmitError");

  /** Of the server's message. */
  private static final int MAX_CHARS = 300;

  private static final String ENCODED = "[A-Za-z0-9+/=_.\\\\-]";

  /**
   * Text as long as tokens, keys and encoded values are: a trigger may say what is in a row. No
   * UUID, and no name of a table or constraint.
   */
  private static final Pattern OPAQUE =
      Pattern.compile(
          "(?![a-z0-9_]++(?!%1$s))%1$s{40,}|(?<!%1$s)[0-9a-f]{40,}(?!%1$s)".formatted(ENCODED));

  /** The table's own; those of a partition have its name behind. */
  private static final Pattern KEY = Pattern.compile("verdict_(number|source)(_[a-z0-9]+)?");

  /** Of the journal's tables. */
  private static final String SCHEMA = "turnstile";

  /**
   * Classes of what the server finds wrong with the rows of a statement: a value, a constraint, an
   * exception of a trigger.
   */
  private static final List<String> OF_ROWS = List.of("22", "23", "P0");

  private static final String SESSION_ENDED = "57P01";

  /**
   * The only ones after which a statement has certainly not been committed: the server says them
   * before a commit begins, and continues to run. In turn: serialization failure, deadlock, lock
   * not available, disk full, out of memory, too many connections.
   */
  private static final Set<String> NOT_COMMITTED =
      Set.of("40001", "40P01", "55P03", "53100", "53200", "53300");

  /** The routine of the server that waits until a standby has a commit. */
  private static final String WAIT_FOR_STANDBY = "SyncRepWaitForLSN";

  private static final String BACK = "; the job goes back to its last checkpoint";

  /** A failure that no retry removes, and what removes it. */
  private record Cure(String state, String whatToDo) {}

  /** By the beginning of the SQLSTATE; the first that fits counts. */
  private static final List<Cure> CURES =
      List.of(
          new Cure("42501", "grant turnstile_writer to the job's role"),
          new Cure("3D000", "create the database, or check --jdbc-url"),
          new Cure("3F000", "create the journal's tables with ./turnstile database create"),
          new Cure("42", "make the journal's tables as ./turnstile database create does"),
          new Cure(
              "23", "remove the constraint from the table, or the input that it does not admit"),
          new Cure("22", "remove what changes the journal's tables or rows"),
          new Cure("P0", "mend the trigger on the verdict table, or remove it"));

  /** A failure that passes when somebody acts, without a restart by hand. */
  private static final List<Cure> HINTS =
      List.of(
          new Cure("28", "check --jdbc-user, and the password in --jdbc-password-file"),
          new Cure("25006", "the server does not accept writes: name the primary in --jdbc-url"),
          new Cure("53100", "free space on the server's disk"),
          new Cure("53300", "raise max_connections of the server, or lower --jdbc-connections"),
          new Cure("55P03", "somebody holds a lock on the journal's tables: see pg_locks"),
          new Cure(
              SESSION_ENDED,
              "the server ended the session: another owner has taken the lane over, or the server"
                  + " shuts down"),
          new Cure("57014", "the statement took longer than --jdbc-statement-timeout"),
          new Cure("08", "check --jdbc-url, and that the server runs"));

  private SqlFailures() {}

  /** Whether the statement that failed has certainly not been committed, and may be repeated. */
  static boolean isCertainlyNotCommitted(SQLException failure) {
    return failure.getSQLState() != null && NOT_COMMITTED.contains(failure.getSQLState());
  }

  /**
   * Whether the server, and not the driver, refuses what is in the rows. Never for a key of the
   * journal's tables: that there is a verdict already says nothing about this one. Never for want
   * of a partition either: one may be attached at any moment.
   */
  static boolean isOfRows(SQLException failure) {
    ServerErrorMessage server = serverMessage(failure);
    return server != null
        && server.getSQLState() != null
        && OF_ROWS.stream().anyMatch(server.getSQLState()::startsWith)
        && !isTwice(failure)
        && !lacksPartition(failure);
  }

  private static boolean lacksPartition(SQLException failure) {
    ServerErrorMessage server = serverMessage(failure);
    return server != null
        && CHECK_VIOLATION.equals(server.getSQLState())
        && server.getConstraint() == null
        && server.getRoutine() != null
        && FIND_PARTITION.contains(server.getRoutine());
  }

  /** Whether the journal's tables have such a row already. */
  private static boolean isTwice(SQLException failure) {
    if (!UNIQUE_VIOLATION.equals(failure.getSQLState())) {
      return false;
    }
    ServerErrorMessage server = serverMessage(failure);
    // A trigger may write to tables of other schemas.
    return server == null || server.getSchema() == null || server.getSchema().equals(SCHEMA);
  }

  private static ServerErrorMessage serverMessage(SQLException failure) {
    return failure instanceof PSQLException answer ? answer.getServerErrorMessage() : null;
  }

  /** Whether the session was ended from outside, as a take-over does. */
  static boolean isSessionEnded(Throwable failure) {
    return failure instanceof SQLException sql && SESSION_ENDED.equals(sql.getSQLState());
  }

  /**
   * Makes the exception to throw. Neither it nor its cause has more of an input than {@link
   * #oneLine}.
   *
   * @param what was tried
   */
  static JournalException explain(String what, SQLException original) {
    String failed = what + " failed: " + oneLine(original);
    SQLException failure = withoutContent(original);
    String state = failure.getSQLState() == null ? "" : failure.getSQLState();
    if (isTwice(failure)) {
      return new JournalException.Refused(
          failed
              + "; another program writes to the verdict table, or the job restored the checkpoint"
              + " of another database: stop the one, or restore one of this database",
          failure);
    }
    if (lacksPartition(failure)) {
      return new JournalException(
          failed
              + "; attach a partition for such rows, or one that takes all others"
              + " (./turnstile database retain makes those of days)"
              + BACK,
          failure);
    }
    for (Cure cure : CURES) {
      if (state.startsWith(cure.state())) {
        return new JournalException.Refused(failed + "; " + cure.whatToDo(), failure);
      }
    }
    for (Cure hint : HINTS) {
      if (state.startsWith(hint.state())) {
        return new JournalException(failed + "; " + hint.whatToDo() + BACK, failure);
      }
    }
    return new JournalException(failed + BACK, failure);
  }

  /** The same failure, for a stack trace: the server's message shortened, and no details. */
  private static SQLException withoutContent(SQLException failure) {
    ServerErrorMessage server = serverMessage(failure);
    if (server == null) {
      return failure;
    }
    StringBuilder fields = new StringBuilder();
    add(fields, 'S', server.getSeverity());
    add(fields, 'C', server.getSQLState());
    add(fields, 'M', shortened(server.getMessage()));
    add(fields, 's', server.getSchema());
    add(fields, 't', server.getTable());
    add(fields, 'n', server.getConstraint());
    add(fields, 'R', server.getRoutine());
    SQLException shortened = new PSQLException(new ServerErrorMessage(fields.toString()), false);
    shortened.setStackTrace(failure.getStackTrace());
    return shortened;
  }

  /** A field of the server's own format. */
  private static void add(StringBuilder fields, char type, String value) {
    if (value != null) {
      fields.append(type).append(value).append('\0');
    }
  }

  /**
   * State and message, and the position or number that is there twice. Other details may hold what
   * is in an input, which logs and dead letters must not. A trigger's message may as well, so that
   * it is shortened.
   */
  static String oneLine(SQLException failure) {
    StringBuilder line = new StringBuilder().append(shortened(failure.getMessage()));
    if (failure.getSQLState() != null) {
      line.append(" (SQLSTATE ").append(failure.getSQLState()).append(')');
    }
    ServerErrorMessage server = serverMessage(failure);
    if (server != null
        && server.getDetail() != null
        && server.getConstraint() != null
        && UNIQUE_VIOLATION.equals(failure.getSQLState())
        && KEY.matcher(server.getConstraint()).matches()) {
      line.append(", ").append(firstLine(server.getDetail()));
    }
    // A pool says that there is no connection; the reason is behind that.
    if (failure.getCause() instanceof SQLException cause) {
      line.append(": ").append(oneLine(cause));
    }
    return line.toString();
  }

  private static String shortened(String message) {
    String text = OPAQUE.matcher(firstLine(message)).replaceAll("…");
    return text.length() <= MAX_CHARS ? text : text.substring(0, MAX_CHARS) + "…";
  }

  private static String firstLine(String text) {
    return text == null ? "no message" : text.lines().findFirst().orElse("no message");
  }

  /**
   * Requires that a statement that the server has acknowledged did not give up to wait for a
   * standby: its commit might not outlive the server.
   *
   * @throws SQLException with the state of an unknown outcome
   */
  static void requireReplicated(Statement statement) throws SQLException {
    for (SQLWarning warning = statement.getWarnings();
        warning != null;
        warning = warning.getNextWarning()) {
      ServerErrorMessage server =
          warning instanceof PSQLWarning answer ? answer.getServerErrorMessage() : null;
      if (server != null && WAIT_FOR_STANDBY.equals(server.getRoutine())) {
        throw new SQLException(
            "no standby has acknowledged the commit: " + firstLine(warning.getMessage()),
            PSQLState.UNKNOWN_STATE.getState(),
            warning);
      }
    }
  }
}
