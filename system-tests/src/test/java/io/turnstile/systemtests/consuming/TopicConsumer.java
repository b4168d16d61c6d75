package io.turnstile.systemtests.consuming;

import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictHeaders;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * An example: books each verdict of the topic of accepted transactions once. Any number of them may
 * run in one group, which only shares out the partitions: how far each is booked is in the
 * database, beside the bookings. Ends at the first failure, to be started again.
 *
 * <p>Arguments: bootstrap servers, topic, group, URL of the bookings.
 */
public final class TopicConsumer {

  private static final Duration POLL = Duration.ofMillis(100);

  private static final String CURSOR = "SELECT next FROM shop.cursor WHERE lane = ?";

  private static final String BOOK =
      """
      INSERT INTO shop.booking (source_topic, source_partition, source_offset, customer)
      VALUES (?, ?, ?, ?)
      """;

  /** One that lost the partition, and does not know yet, finds another number and moves nothing. */
  private static final String MOVE = "UPDATE shop.cursor SET next = ? WHERE lane = ? AND next = ?";

  private final Connection bookings;
  private final KafkaConsumer<byte[], byte[]> consumer;

  /** Where the bookings of each partition end, as far as this one knows. */
  private final Map<TopicPartition, Long> booked = new HashMap<>();

  private TopicConsumer(Connection bookings, KafkaConsumer<byte[], byte[]> consumer) {
    this.bookings = bookings;
    this.consumer = consumer;
  }

  public static void main(String[] args) throws Exception {
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            args[0],
            ConsumerConfig.GROUP_ID_CONFIG,
            args[2],
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed",
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            false,
            // Never skip in silence what retention has deleted unread.
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            "none",
            ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
            6_000);
    try (Connection bookings = DriverManager.getConnection(args[3]);
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      try (Statement statement = bookings.createStatement()) {
        // A process that was frozen in the middle does not hold others up.
        statement.execute("SET idle_in_transaction_session_timeout = '5s'");
      }
      bookings.setAutoCommit(false);
      new TopicConsumer(bookings, consumer).run(args[1]);
    }
  }

  private void run(String topic) throws SQLException {
    consumer.subscribe(
        List.of(topic),
        new ConsumerRebalanceListener() {
          @Override
          public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            // All that was read is booked, or will be read by another one.
            partitions.forEach(booked::remove);
          }

          @Override
          public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            partitions.forEach(TopicConsumer.this::begin);
          }
        });
    while (true) {
      ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
      for (TopicPartition partition : records.partitions()) {
        book(partition, records.records(partition));
      }
    }
  }

  private void begin(TopicPartition partition) {
    try (PreparedStatement statement = bookings.prepareStatement(CURSOR)) {
      statement.setInt(1, partition.partition());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        booked.put(partition, row.getLong(1));
        consumer.seek(partition, row.getLong(1));
      }
      bookings.rollback();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One transaction: bookings, and the cursor behind their verdicts. */
  private void book(TopicPartition partition, List<ConsumerRecord<byte[], byte[]>> records)
      throws SQLException {
    long before = booked.get(partition);
    long after = records.get(records.size() - 1).offset() + 1;
    try (PreparedStatement book = bookings.prepareStatement(BOOK);
        PreparedStatement move = bookings.prepareStatement(MOVE)) {
      for (ConsumerRecord<byte[], byte[]> record : records) {
        SourcePosition source = VerdictHeaders.position(record.headers());
        book.setString(1, source.topic());
        book.setInt(2, source.partition());
        book.setLong(3, source.offset());
        book.setBytes(4, record.key());
        book.addBatch();
      }
      book.executeBatch();
      move.setLong(1, after);
      move.setInt(2, partition.partition());
      move.setLong(3, before);
      if (move.executeUpdate() == 1) {
        bookings.commit();
        booked.put(partition, after);
      } else {
        bookings.rollback();
        begin(partition);
      }
    }
  }
}
