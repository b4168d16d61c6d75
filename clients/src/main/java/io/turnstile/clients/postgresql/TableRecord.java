package io.turnstile.clients.postgresql;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.events.Outcome;
import io.turnstile.events.VerdictHeaders;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** A row of the verdict table as a record of a verdict topic. */
final class TableRecord {

  /** What {@link #of} needs of a row {@code v} of the table, but for {@code value}. */
  static final String COLUMNS =
      """
      v.lane, v.lane_seq, v.source_topic, v.source_partition, v.source_offset, v.outcome, v.reason,
        (extract(epoch FROM coalesce(v.decided_at, v.received_at)) * 1000)::bigint AS millis,
        (extract(epoch FROM v.decided_at) * 1000)::bigint AS decided,
        coalesce(v.customer_id, v.input_key) AS key, v.error_message, v.input_headers
      """;

  private TableRecord() {}

  /**
   * Makes it.
   *
   * @param partition of the topic, with the number of the lane
   * @param form of keys and values; not asked for null
   */
  static <T> ConsumerRecord<T, T> of(
      TopicPartition partition, LastRead.Row verdict, ResultSet row, Function<byte[], T> form)
      throws SQLException {
    RecordHeaders headers = new RecordHeaders();
    VerdictHeaders.write(headers, verdict.source(), verdict.outcome());
    VerdictHeaders.add(headers, VerdictHeaders.LANE_SEQ, Long.toString(verdict.laneSeq()));
    if (verdict.outcome() == Outcome.DEAD_LETTER) {
      VerdictHeaders.add(headers, VerdictHeaders.ERROR_CODE, row.getString("reason"));
      headers.add(VerdictHeaders.ERROR_MESSAGE, row.getBytes("error_message"));
      addInputHeaders(headers, verdict, row.getBytes("input_headers"));
    }
    byte[] key = row.getBytes("key");
    byte[] value = row.getBytes("value");
    return new ConsumerRecord<>(
        partition.topic(),
        partition.partition(),
        verdict.laneSeq(),
        row.getLong("millis"),
        TimestampType.LOG_APPEND_TIME,
        key == null ? ConsumerRecord.NULL_SIZE : key.length,
        value == null ? ConsumerRecord.NULL_SIZE : value.length,
        key == null ? null : form.apply(key),
        value == null ? null : form.apply(value),
        headers,
        Optional.empty());
  }

  private static void addInputHeaders(Headers headers, LastRead.Row verdict, byte[] json) {
    try {
      HeadersColumn.addTo(headers, json);
    } catch (IOException e) {
      throw new CheckFailedException(
          "lane_seq %d: input_headers are no JSON: %s"
              .formatted(verdict.laneSeq(), e.getMessage()));
    }
  }
}
