package io.turnstile.clients.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Makes and drops the partitions of a verdict table, one for each day (UTC) of {@code received_at}.
 *
 * <p>A job that restores a checkpoint reads all verdicts behind it. So a partition is dropped only
 * if all its verdicts lie before the oldest checkpoint that is kept. That is known by time: a
 * checkpoint commits all that was decided before it, so what was decided earlier has a number that
 * it covers. Which numbers may be missing from then on is written to the lanes: a job that needs
 * them refuses to start, and readers who begin at the beginning begin behind them.
 *
 * <p>Uses a connection of the tables' owner. Not thread-safe.
 */
public final class Retention {

  /** Clocks of the job's machines may differ by so much. */
  private static final Duration CLOCKS = Duration.ofMinutes(5);

  private static final String PREFIX = "verdict_p";
  private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyyMMdd");

  private static final String IS_PARTITIONED =
      "SELECT relkind = 'p' FROM pg_catalog.pg_class WHERE oid = 'turnstile.verdict'::regclass";

  private static final String PARTITIONS =
      """
      SELECT c.relname FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'turnstile.verdict'::regclass AND c.relname ~ '^verdict_p[0-9]{8}$'
      """;

  private static final String COVERED =
      """
      SELECT l.lane, (SELECT v.lane_seq FROM turnstile.verdict v
        WHERE v.lane = l.lane AND v.decided_at < to_timestamp(?)
        ORDER BY v.lane_seq DESC LIMIT 1) AS last
      FROM turnstile.lane l
      """;

  private static final String LAST_OF_PARTITION =
      """
      SELECT l.lane,
        (SELECT max(v.lane_seq) FROM turnstile.%s v WHERE v.lane = l.lane) AS last
      FROM turnstile.lane l
      """;

  private static final String DELETE_REST =
      """
      WITH gone AS (
        DELETE FROM turnstile.verdict_rest v
        USING unnest(?::integer[], ?::bigint[]) AS covered (lane, last)
        WHERE v.lane = covered.lane AND v.lane_seq <= covered.last
          AND v.received_at < to_timestamp(?)
        RETURNING v.lane, v.lane_seq
      ), last AS (
        SELECT lane, max(lane_seq) AS lane_seq, count(*) AS verdicts FROM gone GROUP BY lane
      ), moved AS (
        UPDATE turnstile.lane l SET first_seq = greatest(l.first_seq, last.lane_seq + 1)
        FROM last WHERE l.lane = last.lane
      )
      SELECT coalesce(sum(verdicts), 0) FROM last
      """;

  private final Connection connection;

  /**
   * Looks at the table.
   *
   * @param connection in autocommit mode; is left so
   * @param lockTimeout how long the table may be waited for: meanwhile, no verdict is committed
   * @throws UnsuitableDatabaseException if the table has no partitions
   */
  public Retention(Connection connection, Duration lockTimeout)
      throws SQLException, UnsuitableDatabaseException {
    this.connection = connection;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(IS_PARTITIONED)) {
      if (!row.next() || !row.getBoolean(1)) {
        throw new UnsuitableDatabaseException(
            "the verdict table has no partitions: create it with ./turnstile database create"
                + " --partitions, or run partitions.sql");
      }
      statement.execute("SET lock_timeout = " + Math.max(1, lockTimeout.toMillis()));
    }
  }

  /**
   * The days that have a partition, in order.
   *
   * @throws SQLException if the server refuses or does not answer, as from all methods
   */
  public List<LocalDate> days() throws SQLException {
    TreeSet<LocalDate> days = new TreeSet<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(PARTITIONS)) {
      while (row.next()) {
        days.add(LocalDate.parse(row.getString(1).substring(PREFIX.length()), DAY));
      }
    }
    return List.copyOf(days);
  }

  /**
   * Makes the partitions of some days that have none and whose verdicts are not in the rest.
   *
   * @return the days
   */
  public List<LocalDate> create(LocalDate first, int count) throws SQLException {
    List<LocalDate> known = days();
    List<LocalDate> made = new ArrayList<>();
    for (LocalDate day : first.datesUntil(first.plusDays(count)).toList()) {
      if (!known.contains(day) && !restHas(day)) {
        create(day);
        made.add(day);
      }
    }
    return made;
  }

  private boolean restHas(LocalDate day) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT EXISTS (SELECT FROM turnstile.verdict_rest WHERE received_at >= "
                    + timestamp(day)
                    + " AND received_at < "
                    + timestamp(day.plusDays(1))
                    + ")")) {
      row.next();
      return row.getBoolean(1);
    }
  }

  private static String timestamp(LocalDate day) {
    return "'" + day + " 00:00:00+00'::timestamptz";
  }

  private static String name(LocalDate day) {
    return PREFIX + DAY.format(day);
  }

  /** With its keys first: the whole table is locked only to attach it. */
  private void create(LocalDate day) throws SQLException {
    String suffix = "_p" + DAY.format(day);
    atOnce(
        statement ->
            statement.execute(
                """
                CREATE TABLE turnstile.%1$s (LIKE turnstile.verdict,
                  CONSTRAINT verdict_number%2$s PRIMARY KEY (lane, lane_seq, received_at),
                  CONSTRAINT verdict_source%2$s
                    UNIQUE (source_topic, source_partition, source_offset, received_at));
                ALTER TABLE turnstile.verdict ATTACH PARTITION turnstile.%1$s
                  FOR VALUES FROM (%3$s) TO (%4$s)
                """
                    .formatted(
                        name(day),
                        suffix,
                        timestamp(day).replace("::timestamptz", ""),
                        timestamp(day.plusDays(1)).replace("::timestamptz", ""))));
  }

  /**
   * What is no longer needed.
   *
   * @param droppable days whose partition may be dropped
   * @param needed days that are old enough, and hold verdicts that the oldest checkpoint needs
   * @param covered last number of each lane that every checkpoint covers that is kept
   * @param before end of the newest day that is old enough
   */
  public record Plan(
      List<LocalDate> droppable,
      List<LocalDate> needed,
      Map<Integer, Long> covered,
      Instant before) {}

  private static boolean isCovered(Map<Integer, Long> last, Map<Integer, Long> covered) {
    return last.entrySet().stream()
        .allMatch(lane -> lane.getValue() <= covered.getOrDefault(lane.getKey(), 0L));
  }

  /**
   * Finds out what may be dropped; changes nothing.
   *
   * @param before inputs that were received later are kept
   * @param oldestCheckpoint when the oldest checkpoint or savepoint was triggered that is kept
   */
  public Plan plan(Instant before, Instant oldestCheckpoint) throws SQLException {
    LocalDate end = LocalDate.ofInstant(before, ZoneOffset.UTC);
    Map<Integer, Long> covered = covered(oldestCheckpoint.minus(CLOCKS));
    List<LocalDate> droppable = new ArrayList<>();
    List<LocalDate> needed = new ArrayList<>();
    for (LocalDate day : days()) {
      if (day.isBefore(end)) {
        (isCovered(lastOf(day), covered) ? droppable : needed).add(day);
      }
    }
    return new Plan(droppable, needed, covered, end.atStartOfDay(ZoneOffset.UTC).toInstant());
  }

  private Map<Integer, Long> covered(Instant time) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(COVERED)) {
      statement.setDouble(1, time.toEpochMilli() / 1000.0);
      return lasts(statement);
    }
  }

  private Map<Integer, Long> lastOf(LocalDate day) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(LAST_OF_PARTITION.formatted(name(day)))) {
      return lasts(statement);
    }
  }

  /** Without lanes that have none. */
  private static Map<Integer, Long> lasts(PreparedStatement statement) throws SQLException {
    Map<Integer, Long> lasts = new HashMap<>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        long last = row.getLong("last");
        if (!row.wasNull()) {
          lasts.put(row.getInt("lane"), last);
        }
      }
    }
    return lasts;
  }

  /**
   * Drops a partition, and notes at the lanes which numbers may be missing from now on.
   *
   * @return false if it got a verdict since the plan that is still needed, and was not dropped
   */
  public boolean drop(LocalDate day, Plan plan) throws SQLException {
    boolean[] dropped = new boolean[1];
    atOnce(
        statement -> {
          // First: whoever waits for the table holds no lane meanwhile, and nobody adds to it.
          statement.execute("LOCK TABLE turnstile.verdict IN ACCESS EXCLUSIVE MODE");
          Map<Integer, Long> last = lastOf(day);
          if (!isCovered(last, plan.covered())) {
            return;
          }
          statement.execute("DROP TABLE turnstile." + name(day));
          for (Map.Entry<Integer, Long> lane : last.entrySet()) {
            statement.execute(
                "UPDATE turnstile.lane SET first_seq = greatest(first_seq, %d) WHERE lane = %d"
                    .formatted(lane.getValue() + 1, lane.getKey()));
          }
          dropped[0] = true;
        });
    return dropped[0];
  }

  /**
   * Deletes the rows of days without a partition that a plan allows.
   *
   * @return how many there were
   */
  public long deleteRest(Plan plan) throws SQLException {
    Integer[] lanes = plan.covered().keySet().toArray(Integer[]::new);
    Long[] last = new Long[lanes.length];
    for (int i = 0; i < lanes.length; i++) {
      last[i] = plan.covered().get(lanes[i]);
    }
    try (PreparedStatement statement = connection.prepareStatement(DELETE_REST)) {
      statement.setArray(1, connection.createArrayOf("int4", lanes));
      statement.setArray(2, connection.createArrayOf("int8", last));
      statement.setDouble(3, plan.before().toEpochMilli() / 1000.0);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private interface Work {
    void run(Statement statement) throws SQLException;
  }

  private void atOnce(Work work) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      work.run(statement);
      connection.commit();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }
}
