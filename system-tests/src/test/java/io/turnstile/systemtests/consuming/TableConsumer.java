package io.turnstile.systemtests.consuming;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * An example: books each accepted verdict of a table once. Any number of them may run; each takes a
 * lane that no other one has, for one transaction. Ends at the first failure, to be started again.
 *
 * <p>Arguments: URL of the verdicts, URL of the bookings.
 */
public final class TableConsumer {

  private static final int BATCH = 500;
  private static final long PAUSE_MILLIS = 20;

  /** Nobody waits for a lane, and a process that was frozen does not keep it. */
  private static final String TAKE_A_LANE =
      """
      SELECT lane, next, seen FROM shop.cursor
      ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED
      """;

  /** The last one that was booked comes again, to see that it is still the same. */
  private static final String VERDICTS =
      """
      SELECT lane_seq, outcome, source_topic, source_partition, source_offset, customer_id,
        concat_ws(' ', source_topic, source_partition, source_offset, outcome, decided_at) AS seen
      FROM turnstile.verdict
      WHERE lane = ? AND lane_seq >= ? AND lane_seq <= ? ORDER BY lane_seq
      """;

  private static final String BOOK =
      """
      INSERT INTO shop.booking (source_topic, source_partition, source_offset, customer)
      VALUES (?, ?, ?, ?)
      """;

  private static final String MOVE = "UPDATE shop.cursor SET next = ?, seen = ? WHERE lane = ?";

  private final Connection verdicts;
  private final Connection bookings;

  private TableConsumer(Connection verdicts, Connection bookings) {
    this.verdicts = verdicts;
    this.bookings = bookings;
  }

  public static void main(String[] args) throws Exception {
    try (Connection verdicts = DriverManager.getConnection(args[0]);
        Connection bookings = DriverManager.getConnection(args[1])) {
      try (Statement statement = bookings.createStatement();
          Statement index = verdicts.createStatement()) {
        statement.execute("SET idle_in_transaction_session_timeout = '5s'");
        // The table may have been small when its statistics were taken.
        index.execute("SET enable_seqscan = off");
      }
      bookings.setAutoCommit(false);
      TableConsumer consumer = new TableConsumer(verdicts, bookings);
      while (true) {
        if (!consumer.bookSome()) {
          Thread.sleep(PAUSE_MILLIS);
        }
      }
    }
  }

  /** One transaction: bookings, and the cursor behind their verdicts. */
  private boolean bookSome() throws SQLException {
    try (Statement statement = bookings.createStatement();
        ResultSet cursor = statement.executeQuery(TAKE_A_LANE)) {
      if (!cursor.next()) {
        bookings.rollback();
        return false;
      }
      int lane = cursor.getInt("lane");
      long next = cursor.getLong("next");
      String seen = cursor.getString("seen");
      long reached = next;
      String last = seen;
      try (PreparedStatement question = verdicts.prepareStatement(VERDICTS);
          PreparedStatement book = bookings.prepareStatement(BOOK)) {
        question.setInt(1, lane);
        question.setLong(2, next - 1);
        question.setLong(3, next + BATCH - 1);
        try (ResultSet row = question.executeQuery()) {
          while (row.next()) {
            long laneSeq = row.getLong("lane_seq");
            last = row.getString("seen");
            if (laneSeq == next - 1) {
              require(
                  last.equals(seen),
                  "lane " + lane + ": the server has other verdicts than before");
              continue;
            }
            require(laneSeq == reached, "lane " + lane + ": verdicts were dropped unread");
            if (row.getString("outcome").equals("accepted")) {
              book.setString(1, row.getString("source_topic"));
              book.setInt(2, row.getInt("source_partition"));
              book.setLong(3, row.getLong("source_offset"));
              book.setBytes(4, row.getBytes("customer_id"));
              book.addBatch();
            }
            reached++;
          }
        }
        book.executeBatch();
      }
      move(lane, reached, last);
      bookings.commit();
      return reached > next;
    }
  }

  private void move(int lane, long next, String seen) throws SQLException {
    try (PreparedStatement move = bookings.prepareStatement(MOVE)) {
      move.setLong(1, next);
      move.setString(2, seen);
      move.setInt(3, lane);
      move.executeUpdate();
    }
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalStateException(otherwise);
    }
  }
}
