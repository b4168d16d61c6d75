package io.turnstile.job.commit.journal.postgresql;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.postgresql.util.PSQLState;

/** The statements about one lane. Each is committed by itself. */
final class LaneTable {

  /**
   * Fences, counts and writes in one statement. The INSERT draws its rows from what the UPDATE
   * returns: of two independent parts, the one could write although the other changed nothing.
   */
  private static final String INSERT =
      """
      WITH moved AS (
        UPDATE turnstile.lane SET last_seq = last_seq + ?, history = ?
        WHERE lane = ? AND owner = ? AND last_seq = ?
        RETURNING lane, last_seq
      )
      INSERT INTO turnstile.verdict (lane, lane_seq, source_topic, source_partition, source_offset,
        outcome, reason, transaction_id, customer_id, received_at, decided_at, value,
        error_message, input_key, input_headers)
      SELECT moved.lane, moved.last_seq - ? + v.number, v.source_topic, v.source_partition,
        v.source_offset, v.outcome, v.reason, v.transaction_id, v.customer_id,
        to_timestamp(v.received_millis::float8 / 1000), to_timestamp(v.decided_millis::float8 / 1000),
        v.value, v.error_message, v.input_key, v.input_headers
      FROM moved, unnest(?::text[], ?::integer[], ?::bigint[], ?::text[], ?::text[], ?::bytea[],
        ?::bytea[], ?::bigint[], ?::bigint[], ?::bytea[], ?::bytea[], ?::bytea[], ?::bytea[])
        WITH ORDINALITY AS v(source_topic, source_partition, source_offset, outcome, reason,
          transaction_id, customer_id, received_millis, decided_millis, value, error_message,
          input_key, input_headers, number)
      """;

  /** A session that waits for a standby, or was stopped, may hold the lane's row. */
  private static final String END_SESSIONS =
      """
      SELECT pg_terminate_backend(other.pid)
      FROM turnstile.lane JOIN pg_stat_activity other ON other.application_name = lane.sessions
      WHERE lane.lane = ? AND lane.sessions <> ? AND other.pid <> pg_backend_pid()
        AND other.datname = current_database() AND other.usename = session_user
      """;

  private static final String BECOME_OWNER =
      """
      UPDATE turnstile.lane SET owner = ?, sessions = ? WHERE lane = ?
      RETURNING first_seq, last_seq, history
      """;

  private static final String TIMELINE =
      "SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer";

  private static final String STATE =
      """
      SELECT owner, sessions, last_seq, pg_is_in_recovery() AS standby
      FROM turnstile.lane WHERE lane = ?
      """;

  private static final String PAGE =
      """
      SELECT * FROM (
        SELECT lane_seq, source_topic, source_partition, source_offset, outcome,
          (extract(epoch FROM decided_at) * 1000)::bigint AS decided_millis, value,
          sum(coalesce(octet_length(value), 0)) OVER (
            ORDER BY lane_seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
        FROM (
          SELECT lane_seq, source_topic, source_partition, source_offset, outcome, decided_at,
            CASE WHEN outcome = 'accepted' THEN value END AS value
          FROM turnstile.verdict WHERE lane = ? AND lane_seq > ? AND lane_seq <= ?
          ORDER BY lane_seq LIMIT ?) page) rows
      WHERE coalesce(bytes_before, 0) < ?
      ORDER BY lane_seq
      """;

  private final int lane;

  LaneTable(int lane) {
    this.lane = lane;
  }

  /**
   * What the row of a lane holds.
   *
   * @param firstSeq verdicts before it may have been dropped
   */
  record End(long firstSeq, long lastSeq, LaneHistory history) {}

  /**
   * The row of a lane as anybody sees it.
   *
   * @param owner null before the first take-over
   * @param sessions name of the owner's sessions
   * @param standby whether the server is one
   */
  record State(UUID owner, String sessions, long lastSeq, boolean standby) {}

  /**
   * A verdict that is read back.
   *
   * @param decidedAt 0 for a dead letter
   * @param value of an acceptance, else null
   */
  @SuppressWarnings("ArrayRecordComponent")
  record StoredVerdict(
      long laneSeq, SourcePosition source, Outcome outcome, long decidedAt, byte[] value) {}

  /** Ends the sessions of the lane's owner, unless they have that name. */
  void endSessions(Connection connection, String except) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(END_SESSIONS)) {
      statement.setInt(1, lane);
      statement.setString(2, except);
      statement.executeQuery().close();
    }
  }

  /**
   * Makes somebody the owner, and says where the lane ended then.
   *
   * @param sessions name of its sessions
   * @throws SQLException also if no standby has acknowledged it, and so the end
   */
  End becomeOwner(Connection connection, UUID owner, String sessions) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(BECOME_OWNER)) {
      statement.setObject(1, owner);
      statement.setString(2, sessions);
      statement.setInt(3, lane);
      try (ResultSet row = statement.executeQuery()) {
        SqlFailures.requireReplicated(statement);
        if (!row.next()) {
          throw new SQLException(
              "turnstile.lane has no row for lane " + lane, PSQLState.UNDEFINED_OBJECT.getState());
        }
        return new End(
            row.getLong("first_seq"),
            row.getLong("last_seq"),
            LaneHistory.of(row.getBytes("history")));
      }
    }
  }

  /** The server's timeline. */
  int timeline(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(TIMELINE);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getInt(1);
    }
  }

  /** The lane's row. */
  State state(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(STATE)) {
      statement.setInt(1, lane);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return new State(null, null, 0, false);
        }
        return new State(
            row.getObject("owner", UUID.class),
            row.getString("sessions"),
            row.getLong("last_seq"),
            row.getBoolean("standby"));
      }
    }
  }

  /**
   * Reads verdicts in the order of their numbers.
   *
   * @param after the number before the first
   * @param upTo the last number
   * @param mostRows how many at most
   * @param mostBytes of the values of all but the last
   */
  List<StoredVerdict> page(
      Connection connection, long after, long upTo, int mostRows, long mostBytes)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(PAGE)) {
      statement.setInt(1, lane);
      statement.setLong(2, after);
      statement.setLong(3, upTo);
      statement.setInt(4, mostRows);
      statement.setLong(5, mostBytes);
      List<StoredVerdict> verdicts = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          verdicts.add(
              new StoredVerdict(
                  row.getLong("lane_seq"),
                  new SourcePosition(
                      row.getString("source_topic"),
                      row.getInt("source_partition"),
                      row.getLong("source_offset")),
                  Outcome.ofHeaderValue(row.getString("outcome")),
                  row.getLong("decided_millis"),
                  row.getBytes("value")));
        }
      }
      return verdicts;
    }
  }

  /**
   * Commits verdicts if the owner is still that one, and the lane ends where it left off.
   *
   * @param before the number before the first of them
   * @param after the lane's history with them
   * @return how many were committed: all or, if the owner is another one, none
   * @throws SQLException also if no standby has acknowledged the commit
   */
  int insert(
      Connection connection, UUID owner, long before, List<VerdictRow> rows, LaneHistory after)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
      statement.setInt(1, rows.size());
      statement.setBytes(2, after.bytes());
      statement.setInt(3, lane);
      statement.setObject(4, owner, Types.OTHER);
      statement.setLong(5, before);
      statement.setInt(6, rows.size());
      List<Array> columns = columns(connection, rows);
      for (int i = 0; i < columns.size(); i++) {
        statement.setArray(7 + i, columns.get(i));
      }
      int inserted = statement.executeUpdate();
      SqlFailures.requireReplicated(statement);
      return inserted;
    }
  }

  private static List<Array> columns(Connection connection, List<VerdictRow> rows)
      throws SQLException {
    return List.of(
        texts(connection, rows, row -> row.source().topic()),
        connection.createArrayOf(
            "int4", rows.stream().map(row -> row.source().partition()).toArray(Integer[]::new)),
        longs(connection, rows, row -> row.source().offset()),
        texts(connection, rows, row -> row.outcome().headerValue()),
        texts(connection, rows, VerdictRow::reason),
        bytes(connection, rows, VerdictRow::transactionId),
        bytes(connection, rows, VerdictRow::customerId),
        longs(connection, rows, VerdictRow::receivedAt),
        longs(connection, rows, VerdictRow::decidedAt),
        bytes(connection, rows, VerdictRow::value),
        bytes(connection, rows, VerdictRow::errorMessage),
        bytes(connection, rows, VerdictRow::inputKey),
        bytes(connection, rows, VerdictRow::inputHeaders));
  }

  private static Array texts(
      Connection connection, List<VerdictRow> rows, Function<VerdictRow, String> column)
      throws SQLException {
    return connection.createArrayOf("text", rows.stream().map(column).toArray(String[]::new));
  }

  private static Array longs(
      Connection connection, List<VerdictRow> rows, Function<VerdictRow, Long> column)
      throws SQLException {
    return connection.createArrayOf("int8", rows.stream().map(column).toArray(Long[]::new));
  }

  private static Array bytes(
      Connection connection, List<VerdictRow> rows, Function<VerdictRow, byte[]> column)
      throws SQLException {
    return connection.createArrayOf("bytea", rows.stream().map(column).toArray(byte[][]::new));
  }
}
