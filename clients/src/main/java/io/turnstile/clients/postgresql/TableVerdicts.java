package io.turnstile.clients.postgresql;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.VerdictSource;
import io.turnstile.events.Outcome;
import io.turnstile.events.TopicNames;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;

/**
 * The verdicts of a journal in PostgreSQL. Its cursor is a {@code lane_seq} for each lane, which is
 * the order of commits there: whoever has read up to a number has missed nothing before it. An
 * outage of the server is waited out, except by a seek. Verdicts that the server has no more are a
 * {@link CheckFailedException}: those that were read and that a promoted replica lacks, and those
 * that were deleted before they were read. A new seek gets over it. Records are as in the verdict
 * topics.
 */
public final class TableVerdicts<T> implements VerdictSource<T> {

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration STATEMENT = Duration.ofSeconds(30);

  /** Of all lanes together, for each question; at least one of each. */
  private static final int PAGE_ROWS = 20_000;

  /** The same in bytes: a value can have a mebibyte. */
  private static final long PAGE_BYTES = 32L << 20;

  /** Between two questions while there is nothing new: so much a verdict may be late. */
  private static final long PAUSE_MILLIS = 2;

  private static final long OUTAGE_PAUSE_MILLIS = 100;

  /** What no waiting cures: a table or a right that is missing, or a database. */
  private static final Set<String> LASTING = Set.of("42", "3D", "3F");

  /** The table is small when the statement is planned, and large when it runs. */
  private static final String BY_INDEX = "SET enable_seqscan = off; SET enable_bitmapscan = off";

  private static final String ENDS = "SELECT lane, last_seq + 1 AS position FROM turnstile.lane";

  private static final String SINCE =
      """
      SELECT lane, coalesce(
        (SELECT min(lane_seq) FROM turnstile.verdict v
          WHERE v.lane = l.lane AND v.lane_seq >= l.first_seq
          AND coalesce(v.decided_at, v.received_at) >= to_timestamp(?)),
        last_seq + 1) AS position
      FROM turnstile.lane l
      """;

  private static final String NEXT =
      "SELECT "
          + TableRecord.COLUMNS
          + """
      , CASE WHEN v.outcome = ANY (?) THEN v.value END AS value
      FROM unnest(?::integer[], ?::bigint[]) AS cursors (lane, position)
      CROSS JOIN LATERAL (
        SELECT p.*, sum(coalesce(octet_length(p.value), 0) + coalesce(octet_length(p.input_key), 0)
            + coalesce(octet_length(p.input_headers), 0))
          OVER (ORDER BY p.lane_seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
        FROM (
          SELECT * FROM turnstile.verdict w
          WHERE w.lane = cursors.lane AND w.lane_seq >= cursors.position
          ORDER BY w.lane_seq LIMIT ?) p) v
      WHERE coalesce(v.bytes_before, 0) < ?
      """;

  private final PostgresqlSource database;
  private final Function<byte[], T> form;
  private final Map<Outcome, String> topics = new HashMap<>();

  /** The {@code lane_seq} to read next, by lane. */
  private final SortedMap<Integer, Long> cursors = new TreeMap<>();

  private final LastRead lastRead = new LastRead();

  private volatile Connection connection;
  private volatile boolean woken;

  /** The thread that waits for a connection, if one does. Guarded by this. */
  private Thread connecting;

  /**
   * Asks nothing yet.
   *
   * @param database to connect to with the role {@code turnstile_reader}
   * @param wanted which of the verdict topics to show
   * @param form of keys and values; not asked for null
   */
  public TableVerdicts(
      PostgresqlSource database,
      TopicNames names,
      Collection<String> wanted,
      Function<byte[], T> form) {
    this.database = database.named("turnstile-reader").limited(CONNECT, STATEMENT);
    this.form = form;
    for (Outcome outcome : Outcome.values()) {
      if (wanted.contains(names.verdict(outcome))) {
        topics.put(outcome, names.verdict(outcome));
      }
    }
  }

  @Override
  public void seekToEnd() {
    seek(ENDS, null);
  }

  @Override
  public void seekToBeginning() {
    seek(SINCE, Double.NEGATIVE_INFINITY);
  }

  @Override
  public void seekToTime(Instant since) {
    seek(SINCE, since.toEpochMilli() / 1000.0);
  }

  private void seek(String sql, Double epochSeconds) {
    cursors.clear();
    Map<Integer, Long> positions = positions(sql, epochSeconds);
    try {
      lastRead.begin(connected(), positions);
    } catch (SQLException e) {
      disconnect();
      throw failed(e);
    }
    cursors.putAll(positions);
  }

  private Map<Integer, Long> positions(String sql, Double epochSeconds) {
    try (PreparedStatement statement = connected().prepareStatement(sql)) {
      if (epochSeconds != null) {
        statement.setDouble(1, epochSeconds);
      }
      Map<Integer, Long> positions = new HashMap<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          positions.put(row.getInt("lane"), row.getLong("position"));
        }
      }
      return positions;
    } catch (SQLException e) {
      disconnect();
      throw failed(e);
    }
  }

  private Connection connected() throws SQLException {
    if (connection == null) {
      connection = connect();
      try {
        requireAsleep();
        // From here on, wakeup closes the connection.
        database.limitStatements(connection);
        try (Statement statement = connection.createStatement()) {
          statement.execute(BY_INDEX);
        }
        lastRead.requireThere(connection, cursors);
      } catch (UnsuitableDatabaseException e) {
        disconnect();
        throw new CheckFailedException(e.getMessage());
      } catch (SQLException | RuntimeException e) {
        // The next one is looked at anew.
        disconnect();
        throw e;
      }
    }
    return connection;
  }

  /** Nothing but an interrupt ends this before its time. */
  private Connection connect() throws SQLException {
    synchronized (this) {
      requireAsleep();
      connecting = Thread.currentThread();
    }
    try {
      return database.open();
    } catch (RuntimeException e) {
      if (!woken) {
        throw e;
      }
      // The driver throws such a one when it is interrupted.
      throw new SQLException("interrupted", e);
    } finally {
      synchronized (this) {
        connecting = null;
        if (woken) {
          Thread.interrupted();
        }
      }
    }
  }

  private void disconnect() {
    Connection broken = connection;
    connection = null;
    abort(broken);
  }

  private static void abort(Connection broken) {
    try {
      if (broken != null) {
        broken.abort(Runnable::run);
      }
    } catch (SQLException e) {
      // It is closed already.
    }
  }

  @Override
  public ConsumerRecords<T, T> poll(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      long pause = PAUSE_MILLIS;
      try {
        requireAsleep();
        Map<TopicPartition, List<ConsumerRecord<T, T>>> found = next();
        if (!found.isEmpty()) {
          return new ConsumerRecords<>(found, Map.of());
        }
      } catch (SQLException e) {
        disconnect();
        requireAsleep();
        if (e.getSQLState() != null && LASTING.contains(e.getSQLState().substring(0, 2))) {
          throw failed(e);
        }
        pause = OUTAGE_PAUSE_MILLIS;
      }
      if (System.nanoTime() >= deadline) {
        return ConsumerRecords.empty();
      }
      try {
        TimeUnit.MILLISECONDS.sleep(pause);
      } catch (InterruptedException e) {
        requireAsleep();
        throw new InterruptException(e);
      }
    }
  }

  private void requireAsleep() {
    if (woken) {
      woken = false;
      throw new WakeupException();
    }
  }

  private Map<TopicPartition, List<ConsumerRecord<T, T>>> next() throws SQLException {
    Connection session = connected();
    Map<TopicPartition, List<ConsumerRecord<T, T>>> found = new HashMap<>();
    SortedMap<Integer, Long> reached = new TreeMap<>(cursors);
    Map<Integer, List<LastRead.Row>> read = new HashMap<>();
    int share = Math.max(1, cursors.size());
    try (PreparedStatement statement = session.prepareStatement(NEXT)) {
      String[] outcomes = topics.keySet().stream().map(Outcome::headerValue).toArray(String[]::new);
      statement.setArray(1, session.createArrayOf("text", outcomes));
      statement.setArray(
          2, session.createArrayOf("int4", cursors.keySet().toArray(Integer[]::new)));
      statement.setArray(3, session.createArrayOf("int8", cursors.values().toArray(Long[]::new)));
      statement.setInt(4, Math.max(1, PAGE_ROWS / share));
      statement.setLong(5, Math.max(1, PAGE_BYTES / share));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          int lane = row.getInt("lane");
          long laneSeq = row.getLong("lane_seq");
          if (laneSeq != reached.get(lane)) {
            throw new CheckFailedException(
                "lane %d: verdicts from lane_seq %d to %d were deleted before they were read"
                    .formatted(lane, reached.get(lane), laneSeq - 1));
          }
          reached.put(lane, laneSeq + 1);
          LastRead.Row verdict = LastRead.row(row);
          read.computeIfAbsent(lane, none -> new ArrayList<>()).add(verdict);
          String topic = topics.get(verdict.outcome());
          if (topic != null) {
            TopicPartition partition = new TopicPartition(topic, lane);
            found
                .computeIfAbsent(partition, none -> new ArrayList<>())
                .add(TableRecord.of(partition, verdict, row, form));
          }
        }
      }
    }
    // Now: of what is read half, nothing was given out.
    cursors.putAll(reached);
    read.forEach((lane, verdicts) -> verdicts.forEach(verdict -> lastRead.add(lane, verdict)));
    return found;
  }

  @Override
  public Map<TopicPartition, Long> ends() {
    Map<TopicPartition, Long> ends = new HashMap<>();
    positions(ENDS, null)
        .forEach(
            (lane, end) ->
                topics.values().forEach(topic -> ends.put(new TopicPartition(topic, lane), end)));
    return ends;
  }

  @Override
  public long position(TopicPartition partition) {
    return cursors.get(partition.partition());
  }

  @Override
  public void wakeup() {
    synchronized (this) {
      woken = true;
      if (connecting != null) {
        connecting.interrupt();
      }
    }
    abort(connection);
  }

  @Override
  public void close() {
    disconnect();
  }

  private static CheckFailedException failed(SQLException e) {
    return new CheckFailedException(
        "PostgreSQL refuses or does not answer: "
            + String.valueOf(e.getMessage()).lines().findFirst().orElse("no message")
            + " (SQLSTATE "
            + e.getSQLState()
            + "): check --jdbc-url, and that --jdbc-user has the role turnstile_reader");
  }
}
