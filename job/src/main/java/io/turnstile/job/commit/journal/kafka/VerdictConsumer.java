package io.turnstile.job.commit.journal.kafka;

import io.turnstile.clients.KafkaConsumers;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.job.commit.journal.JournalEntry;
import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.decide.RecoveredAcceptance;
import java.util.List;
import java.util.OptionalLong;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Makes a consumer of the verdict topics for one reading, and entries of what it reads. */
final class VerdictConsumer {

  private final KafkaJournalSettings settings;
  private final String at;
  private final String clientId;

  /**
   * @param at begins every message
   */
  VerdictConsumer(KafkaJournalSettings settings, String at, String clientId) {
    this.settings = settings;
    this.at = at;
    this.clientId = clientId;
  }

  /** Uses a consumer. */
  interface Reading<T> {
    T read(KafkaConsumer<byte[], byte[]> consumer) throws JournalException, InterruptedException;
  }

  <T> T read(IsolationLevel isolation, Reading<T> reading)
      throws JournalException, InterruptedException {
    try {
      KafkaConsumer<byte[], byte[]> consumer =
          new KafkaConsumer<>(
              properties(isolation), new ByteArrayDeserializer(), new ByteArrayDeserializer());
      try {
        return reading.read(consumer);
      } finally {
        KafkaConsumers.close(consumer);
      }
    } catch (InterruptException e) {
      throw KafkaFailures.interrupted();
    } catch (KafkaException e) {
      throw KafkaFailures.explain(at + "reading what was committed since the checkpoint", e);
    }
  }

  private Properties properties(IsolationLevel isolation) {
    Properties properties = new Properties();
    properties.putAll(settings.client());
    properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
    properties.put(ConsumerConfig.CLIENT_ID_CONFIG, clientId);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation.toString());
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    return properties;
  }

  /**
   * Begins to read a lane at a position; its partitions must be assigned.
   *
   * @param partitions one of each verdict topic
   */
  static void seek(
      KafkaConsumer<?, ?> consumer, List<TopicPartition> partitions, LaneOffsets from) {
    for (int part = 0; part < partitions.size(); part++) {
      consumer.seek(partitions.get(part), from.offset(part));
    }
  }

  JournalEntry entryOf(ConsumerRecord<byte[], byte[]> record) throws JournalException {
    String place = record.topic() + "/" + record.partition() + " offset " + record.offset();
    try {
      Headers headers = record.headers();
      String seq = VerdictHeaders.optional(headers, VerdictHeaders.LANE_SEQ);
      SourcePosition source = VerdictHeaders.position(headers);
      return new JournalEntry(
          place,
          seq == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(seq)),
          source,
          record.topic().equals(settings.topics().accepted())
              ? RecoveredAcceptance.of(source, record.value())
              : null);
    } catch (RuntimeException e) {
      throw new JournalException.Refused(
          at
              + "the record at "
              + place
              + " is no verdict ("
              + e.getMessage()
              + "): another program writes to the verdict topics; stop it, and use new ones",
          e);
    }
  }
}
