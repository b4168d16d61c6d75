package io.turnstile.job.commit.journal;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.job.commit.journal.postgresql.PostgresqlJournal;
import io.turnstile.job.commit.journal.postgresql.PostgresqlTestSettings;
import io.turnstile.job.decide.Verdict;
import io.turnstile.testbed.process.PostgresqlServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;

/** A journal in a database of its own on a real server. */
final class PostgresqlTestJournal implements TestJournal {

  private final PostgresqlServer server;
  private final String database;
  private final PostgresqlJournal journal;

  PostgresqlTestJournal(PostgresqlServer server, int lanes) throws Exception {
    this.server = server;
    database = server.createJournal();
    journal =
        PostgresqlJournal.connect(
            PostgresqlTestSettings.of(server, database),
            lanes,
            new UnregisteredMetricsGroup(),
            null);
  }

  @Override
  public SortedMap<String, String> identity() {
    return journal.identity();
  }

  @Override
  public LaneJournal lane(int number, Runnable failed) {
    return journal.lane(number, failed);
  }

  @Override
  public void close() {
    journal.close();
  }

  @Override
  public List<Verdict> committed() {
    try (Connection connection = server.connect(database);
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT *, (extract(epoch FROM received_at) * 1000)::bigint AS received_millis"
                    + " FROM turnstile.verdict ORDER BY lane, lane_seq");
        ResultSet row = statement.executeQuery()) {
      List<Verdict> verdicts = new ArrayList<>();
      while (row.next()) {
        verdicts.add(
            new Verdict(
                row.getInt("lane"),
                new SourcePosition(
                    row.getString("source_topic"),
                    row.getInt("source_partition"),
                    row.getLong("source_offset")),
                Outcome.ofHeaderValue(row.getString("outcome")),
                row.getLong("received_millis"),
                row.getBytes("customer_id"),
                row.getBytes("value"),
                row.getString("reason"),
                null));
      }
      return verdicts;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public List<Long> seqs(int lane) {
    try (Connection connection = server.connect(database);
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT lane_seq FROM turnstile.verdict WHERE lane = ? ORDER BY lane_seq")) {
      statement.setInt(1, lane);
      List<Long> seqs = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          seqs.add(row.getLong(1));
        }
      }
      return seqs;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void writeForeign(int lane, Verdict verdict, OptionalLong laneSeq) {
    execute(
        "INSERT INTO turnstile.verdict (lane, lane_seq, source_topic, source_partition,"
            + " source_offset, outcome, received_at, decided_at, value)"
            + " VALUES (?, ?, ?, ?, ?, ?, now(), now(), ?)",
        lane,
        laneSeq.orElseThrow(),
        verdict.position().topic(),
        verdict.position().partition(),
        verdict.position().offset(),
        verdict.outcome().headerValue(),
        verdict.value());
    execute(
        "UPDATE turnstile.lane SET last_seq = greatest(last_seq, ?) WHERE lane = ?",
        laneSeq.orElseThrow(),
        lane);
  }

  @Override
  public void deleteOldest(int lane, int verdicts) {
    execute(
        "DELETE FROM turnstile.verdict WHERE lane = ? AND lane_seq IN (SELECT lane_seq"
            + " FROM turnstile.verdict WHERE lane = ? ORDER BY lane_seq LIMIT ?)",
        lane,
        lane,
        verdicts);
  }

  /** Runs a statement as superuser. */
  void execute(String sql, Object... parameters) {
    try (Connection connection = server.connect(database);
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      statement.execute();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
