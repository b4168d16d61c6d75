package io.turnstile.bench.xa;

import io.turnstile.job.commit.journal.postgresql.VerdictRow;
import io.turnstile.job.decide.Verdict;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.connector.jdbc.JdbcStatementBuilder;

/**
 * Writes a verdict into the table of a journal. The numbers of lanes are counted in this JVM:
 * enough to be measured with one subtask and no failure, and for nothing else.
 */
final class VerdictStatement implements JdbcStatementBuilder<Verdict> {

  private static final long serialVersionUID = 1;

  static final String INSERT =
      """
      INSERT INTO turnstile.verdict (lane, lane_seq, source_topic, source_partition, source_offset,
        outcome, reason, transaction_id, customer_id, received_at, decided_at, value, error_message,
        input_key, input_headers)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;

  private static final Map<Integer, AtomicLong> LAST = new ConcurrentHashMap<>();

  @Override
  public void accept(PreparedStatement statement, Verdict verdict) throws SQLException {
    VerdictRow row = VerdictRow.of(verdict);
    statement.setInt(1, verdict.lane());
    statement.setLong(
        2, LAST.computeIfAbsent(verdict.lane(), lane -> new AtomicLong()).incrementAndGet());
    statement.setString(3, row.source().topic());
    statement.setInt(4, row.source().partition());
    statement.setLong(5, row.source().offset());
    statement.setString(6, row.outcome().headerValue());
    statement.setString(7, row.reason());
    statement.setBytes(8, row.transactionId());
    statement.setBytes(9, row.customerId());
    statement.setTimestamp(10, new Timestamp(row.receivedAt()));
    statement.setTimestamp(11, row.decidedAt() == null ? null : new Timestamp(row.decidedAt()));
    statement.setBytes(12, row.value());
    statement.setBytes(13, row.errorMessage());
    statement.setBytes(14, row.inputKey());
    statement.setBytes(15, row.inputHeaders());
  }
}
