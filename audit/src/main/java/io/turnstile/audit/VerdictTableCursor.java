package io.turnstile.audit;

import io.turnstile.clients.postgresql.HeadersColumn;
import io.turnstile.events.Outcome;
import io.turnstile.events.VerdictHeaders;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** Reads rows of verdicts in the order of their numbers, page by page. */
final class VerdictTableCursor implements CommittedLog.Cursor {

  private static final int PAGE_ROWS = 500;

  /** Of a page: a value can have a mebibyte. */
  private static final long PAGE_BYTES = 4L << 20;

  /** Of all pages of a poll, about. */
  private static final long POLL_BYTES = 32L << 20;

  private static final Duration PAUSE = Duration.ofMillis(50);

  private static final String PAGE =
      """
      SELECT * FROM (
        SELECT lane_seq, source_topic, source_partition, source_offset, outcome, reason,
          (extract(epoch FROM coalesce(decided_at, received_at)) * 1000)::bigint AS millis,
          coalesce(customer_id, input_key) AS key, value, error_message, input_headers,
          sum(coalesce(octet_length(value), 0) + coalesce(octet_length(input_key), 0)
            + coalesce(octet_length(input_headers), 0)) OVER (
            ORDER BY lane_seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
        FROM (
          SELECT * FROM turnstile.verdict
          WHERE lane = ? AND outcome = ? AND lane_seq >= ? AND lane_seq < ?
          ORDER BY lane_seq LIMIT ?) page) rows
      WHERE coalesce(bytes_before, 0) < ?
      ORDER BY lane_seq
      """;

  private final Connection connection;
  private final String endOfLane;
  private final Map<String, Outcome> outcomes;
  private final Map<TopicPartition, Long> positions;

  /** In turn: a poll may end before it comes to the last. */
  private final Deque<TopicPartition> turns;

  /**
   * @param connection is closed with the cursor
   * @param endOfLane asks for the offset behind the last one of a lane
   * @param outcomes by topic
   */
  VerdictTableCursor(
      Connection connection,
      String endOfLane,
      Map<String, Outcome> outcomes,
      Map<TopicPartition, Long> from) {
    this.connection = connection;
    this.endOfLane = endOfLane;
    this.outcomes = outcomes;
    this.positions = new HashMap<>(from);
    this.turns = new ArrayDeque<>(from.keySet());
  }

  @Override
  public Iterable<ConsumerRecord<byte[], byte[]>> poll(Duration timeout) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    boolean moved = false;
    try {
      long bytes = 0;
      for (int i = turns.size(); i > 0 && bytes < POLL_BYTES; i--) {
        TopicPartition partition = turns.remove();
        turns.add(partition);
        int known = records.size();
        long before = positions.get(partition);
        long after = page(partition, before, records);
        positions.put(partition, after);
        moved |= after > before;
        bytes += bytes(records.subList(known, records.size()));
      }
      if (!moved) {
        TimeUnit.MILLISECONDS.sleep(Math.min(timeout.toMillis(), PAUSE.toMillis()));
      }
    } catch (SQLException e) {
      throw VerdictTableLog.failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AuditException("interrupted", e);
    }
    return records;
  }

  private static long bytes(List<ConsumerRecord<byte[], byte[]>> records) {
    return records.stream()
        .mapToLong(record -> record.serializedKeySize() + record.serializedValueSize())
        .sum();
  }

  /** Reads a page, and returns the position behind it. */
  private long page(
      TopicPartition partition, long from, List<ConsumerRecord<byte[], byte[]>> records)
      throws SQLException {
    // First: what is committed after this is behind the end.
    long end = end(partition.partition());
    if (from >= end) {
      return from;
    }
    long next = end;
    try (PreparedStatement statement = connection.prepareStatement(PAGE)) {
      statement.setInt(1, partition.partition());
      statement.setString(2, outcomes.get(partition.topic()).headerValue());
      statement.setLong(3, from);
      statement.setLong(4, end);
      statement.setInt(5, PAGE_ROWS);
      statement.setLong(6, PAGE_BYTES);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          records.add(record(partition, row));
          next = row.getLong("lane_seq") + 1;
        }
      }
    }
    // Behind the last one of a page may be more; an empty page is the end.
    return next;
  }

  private long end(int lane) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(endOfLane)) {
      statement.setInt(1, lane);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getLong(1) : 0;
      }
    }
  }

  private static ConsumerRecord<byte[], byte[]> record(TopicPartition partition, ResultSet row)
      throws SQLException {
    RecordHeaders headers = new RecordHeaders();
    addInputHeaders(headers, row.getBytes("input_headers"));
    VerdictHeaders.add(headers, VerdictHeaders.SOURCE_TOPIC, row.getString("source_topic"));
    VerdictHeaders.add(headers, VerdictHeaders.SOURCE_PARTITION, row.getString("source_partition"));
    VerdictHeaders.add(headers, VerdictHeaders.SOURCE_OFFSET, row.getString("source_offset"));
    VerdictHeaders.add(headers, VerdictHeaders.OUTCOME, row.getString("outcome"));
    VerdictHeaders.add(headers, VerdictHeaders.LANE_SEQ, row.getString("lane_seq"));
    byte[] errorMessage = row.getBytes("error_message");
    if (errorMessage != null) {
      VerdictHeaders.add(headers, VerdictHeaders.ERROR_CODE, row.getString("reason"));
      headers.add(VerdictHeaders.ERROR_MESSAGE, errorMessage);
    }
    byte[] key = row.getBytes("key");
    byte[] value = row.getBytes("value");
    return new ConsumerRecord<>(
        partition.topic(),
        partition.partition(),
        row.getLong("lane_seq"),
        row.getLong("millis"),
        TimestampType.LOG_APPEND_TIME,
        key == null ? 0 : key.length,
        value == null ? 0 : value.length,
        key,
        value,
        headers,
        Optional.empty());
  }

  private static void addInputHeaders(RecordHeaders headers, byte[] json) {
    try {
      HeadersColumn.addTo(headers, json);
    } catch (IOException e) {
      throw new AuditException("input_headers are no JSON: " + e.getMessage(), e);
    }
  }

  @Override
  public long position(TopicPartition partition) {
    return positions.get(partition);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw VerdictTableLog.failed(e);
    }
  }
}
