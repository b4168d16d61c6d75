package io.turnstile.clients.postgresql;

import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Finds the verdict of an input in a journal in PostgreSQL. Thread-safe. */
public final class VerdictLookup {

  private static final String BY_SOURCE =
      "SELECT "
          + TableRecord.COLUMNS
          + """
      , v.value
      FROM turnstile.verdict v
      WHERE v.source_topic = ? AND v.source_partition = ? AND v.source_offset = ?
      """;

  private final PostgresqlSource database;
  private final TopicNames names;

  /**
   * Asks nothing yet.
   *
   * @param database to connect to for each question, with the role {@code turnstile_reader}
   */
  public VerdictLookup(PostgresqlSource database, TopicNames names) {
    this.database = database;
    this.names = names;
  }

  /**
   * The committed verdict, as a record of its topic; empty if there is none.
   *
   * @throws SQLException if the server refuses or does not answer
   */
  public Optional<ConsumerRecord<byte[], byte[]>> find(SourcePosition input) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(BY_SOURCE)) {
      statement.setString(1, input.topic());
      statement.setInt(2, input.partition());
      statement.setLong(3, input.offset());
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        LastRead.Row verdict = LastRead.row(row);
        String topic = names.verdict(verdict.outcome());
        return Optional.of(
            TableRecord.of(
                new TopicPartition(topic, row.getInt("lane")), verdict, row, bytes -> bytes));
      }
    }
  }
}
