package io.turnstile.bench.xa;

import io.turnstile.events.Rejected;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.decide.Verdict;
import java.nio.charset.StandardCharsets;
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
        input_key)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;

  private static final Map<Integer, AtomicLong> LAST = new ConcurrentHashMap<>();

  @Override
  public void accept(PreparedStatement row, Verdict verdict) throws SQLException {
    row.setInt(1, verdict.lane());
    row.setLong(
        2, LAST.computeIfAbsent(verdict.lane(), lane -> new AtomicLong()).incrementAndGet());
    row.setString(3, verdict.position().topic());
    row.setInt(4, verdict.position().partition());
    row.setLong(5, verdict.position().offset());
    row.setString(6, verdict.outcome().headerValue());
    row.setTimestamp(10, new Timestamp(verdict.receivedAt()));
    row.setBytes(12, verdict.value());
    switch (verdict.outcome()) {
      case ACCEPTED -> {
        VerdictCodec.Acceptance accepted = VerdictCodec.decodeAcceptance(verdict.value());
        decided(row, verdict, null, accepted.transactionId(), accepted.decidedAt());
      }
      case REJECTED -> {
        Rejected rejected = VerdictCodec.decodeRejected(verdict.value());
        decided(
            row, verdict, rejected.reason().name(), rejected.transactionId(), rejected.decidedAt());
      }
      case DEAD_LETTER -> {
        row.setString(7, verdict.errorCode());
        row.setBytes(8, null);
        row.setBytes(9, null);
        row.setTimestamp(11, null);
        row.setBytes(13, utf8(verdict.errorMessage()));
        row.setBytes(14, verdict.key());
      }
    }
  }

  private static void decided(
      PreparedStatement row, Verdict verdict, String reason, String transactionId, long decidedAt)
      throws SQLException {
    row.setString(7, reason);
    row.setBytes(8, utf8(transactionId));
    row.setBytes(9, verdict.key());
    row.setTimestamp(11, new Timestamp(decidedAt));
    row.setBytes(13, null);
    row.setBytes(14, null);
  }

  private static byte[] utf8(String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }
}
