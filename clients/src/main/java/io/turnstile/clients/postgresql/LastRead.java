package io.turnstile.clients.postgresql;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a reader has read last of each lane. Another server may answer after a fail-over, one that
 * lacks some of it and has been given other verdicts under the same numbers: whoever only compares
 * numbers would read on and never see those. A server that has the last verdict of a lane has all
 * before it. The time of its decision tells it from one that was decided anew; dead letters have
 * none, so all of them since the last decided verdict are compared. Not thread-safe.
 */
final class LastRead {

  /** So many dead letters in a row are remembered. */
  private static final int MOST = 1_000;

  private static final String LAST =
      """
      SELECT l.lane, l.last_seq, w.lane_seq, w.source_topic, w.source_partition,
        w.source_offset, w.outcome, (extract(epoch FROM w.decided_at) * 1000)::bigint AS decided
      FROM unnest(?::integer[], ?::bigint[], ?::bigint[]) AS c (lane, first, last)
      JOIN turnstile.lane l ON l.lane = c.lane
      LEFT JOIN LATERAL (
        SELECT * FROM turnstile.verdict v
        WHERE v.lane = c.lane AND v.lane_seq >= c.first AND v.lane_seq <= c.last
        ORDER BY v.lane_seq LIMIT ?) w ON true
      """;

  /**
   * A verdict that was read.
   *
   * @param decidedAt epoch milliseconds; 0 for a dead letter
   */
  record Row(long laneSeq, SourcePosition source, Outcome outcome, long decidedAt) {}

  private final Map<Integer, Deque<Row>> rows = new HashMap<>();

  void clear() {
    rows.clear();
  }

  /** A verdict was read, the next one of its lane. */
  void add(int lane, Row row) {
    Deque<Row> last = rows.computeIfAbsent(lane, none -> new ArrayDeque<>());
    if (row.outcome() != Outcome.DEAD_LETTER) {
      last.clear();
    }
    if (last.size() == MOST) {
      last.remove();
    }
    last.add(row);
  }

  /**
   * Remembers the verdicts before the cursors, as if they had been read.
   *
   * @param cursors the number to read next, by lane
   */
  void begin(Connection session, Map<Integer, Long> cursors) throws SQLException {
    clear();
    visit(session, cursors, (lane, lastSeq, row) -> row.ifPresent(there -> add(lane, there)));
  }

  /**
   * Checks that a server has what was read.
   *
   * @param cursors the number to read next, by lane
   * @throws UnsuitableDatabaseException if it does not
   */
  void requireThere(Connection session, Map<Integer, Long> cursors)
      throws SQLException, UnsuitableDatabaseException {
    Map<Integer, Long> lost = new HashMap<>();
    visit(
        session,
        cursors,
        (lane, lastSeq, row) -> {
          boolean other =
              row.isPresent()
                  && rows.getOrDefault(lane, new ArrayDeque<>()).stream()
                      .anyMatch(
                          read -> read.laneSeq() == row.get().laneSeq() && !read.equals(row.get()));
          if (lastSeq < cursors.get(lane) - 1 || other) {
            lost.putIfAbsent(lane, lastSeq);
          }
        });
    if (!lost.isEmpty()) {
      int lane = lost.keySet().iterator().next();
      throw new UnsuitableDatabaseException(
          "lane "
              + lane
              + ": the server ends at lane_seq "
              + lost.get(lane)
              + " and lacks verdicts that were read before, up to "
              + (cursors.get(lane) - 1)
              + ", or has others in their place: a replica was promoted without them, or a backup"
              + " restored; what was done for them must be compared with the table");
    }
  }

  private interface Visitor {

    /**
     * Takes a lane with one of the rows that are asked for.
     *
     * @param row empty if the lane has none of them: they were dropped, or there is nothing yet
     */
    void visit(int lane, long lastSeq, Optional<Row> row);
  }

  private void visit(Connection session, Map<Integer, Long> cursors, Visitor visitor)
      throws SQLException {
    Integer[] lanes = cursors.keySet().toArray(Integer[]::new);
    Long[] first = new Long[lanes.length];
    Long[] last = new Long[lanes.length];
    for (int i = 0; i < lanes.length; i++) {
      last[i] = cursors.get(lanes[i]) - 1;
      Deque<Row> read = rows.get(lanes[i]);
      first[i] = read == null ? last[i] : (Long) read.getFirst().laneSeq();
    }
    try (PreparedStatement statement = session.prepareStatement(LAST)) {
      statement.setArray(1, session.createArrayOf("int4", lanes));
      statement.setArray(2, session.createArrayOf("int8", first));
      statement.setArray(3, session.createArrayOf("int8", last));
      statement.setInt(4, MOST);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          String topic = row.getString("source_topic");
          visitor.visit(
              row.getInt("lane"),
              row.getLong("last_seq"),
              topic == null ? Optional.empty() : Optional.of(row(row)));
        }
      }
    }
  }

  /** A row that has the columns of a verdict. */
  static Row row(ResultSet row) throws SQLException {
    return new Row(
        row.getLong("lane_seq"),
        new SourcePosition(
            row.getString("source_topic"),
            row.getInt("source_partition"),
            row.getLong("source_offset")),
        Outcome.ofHeaderValue(row.getString("outcome")),
        row.getLong("decided"));
  }
}
