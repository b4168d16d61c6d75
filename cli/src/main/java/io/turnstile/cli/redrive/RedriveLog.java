package io.turnstile.cli.redrive;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.Topics;
import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * Topic with one record, the mark, for each input that was sent anew: its key is the outcome that
 * the input had and its position, its value the code of the verdict. A header has the id of the
 * transactions topic: another topic of the same name has other inputs at the same positions. It is
 * compacted and has one partition.
 *
 * <p>The headers {@code redrive-of} in the transactions topic do not do for this: retention deletes
 * them before a dead letter, finding them takes a reading of all inputs, and any sender can forge
 * one.
 *
 * <p>Thread-safe if the {@link Admin} is.
 */
final class RedriveLog {

  /** Header of a record: the id of the transactions topic, as Kafka's tools print it. */
  static final String TOPIC_ID = "topic-id";

  private static final int PARTITION = 0;

  private final Admin admin;
  private final String topic;

  RedriveLog(Admin admin, TopicNames topics) {
    this.admin = admin;
    topic = topics.redriven();
  }

  /**
   * Creates the topic.
   *
   * @throws ExecutionException if the cluster refuses
   */
  void create() throws ExecutionException, InterruptedException {
    NewTopic compacted =
        new NewTopic(topic, Optional.of(1), Optional.empty())
            .configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
    try {
      admin.createTopics(List.of(compacted)).all().get();
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
    }
    Topics.awaitLeaders(
        admin, List.of(new TopicPartition(topic, PARTITION)), new ListOffsetsOptions());
  }

  /**
   * Checks that what the topic says is kept.
   *
   * @return whether there is such a topic
   * @throws CheckFailedException if its records are deleted with time
   */
  boolean isThere() throws ExecutionException, InterruptedException {
    Optional<String> policy = TopicConfigs.setting(admin, topic, TopicConfig.CLEANUP_POLICY_CONFIG);
    if (policy.isPresent() && !policy.get().equals(TopicConfig.CLEANUP_POLICY_COMPACT)) {
      throw new CheckFailedException(
          "topic %s has cleanup.policy=%s, not compact: what was redriven would be forgotten"
              .formatted(topic, policy.get()));
    }
    return policy.isPresent();
  }

  /**
   * Reads the marks of all inputs that were sent anew. Whoever is going to send must have made sure
   * before that nobody else still does.
   *
   * @param consumer of committed records, closed at the end
   * @param topicId records about another topic do not count; null if all do
   * @throws CheckFailedException if the topic cannot be read to its end
   */
  Set<String> read(Consumer<byte[], byte[]> consumer, String topicId, Duration patience)
      throws ExecutionException, InterruptedException {
    Set<String> redriven = new HashSet<>();
    try (CommittedVerdicts<byte[]> records = new CommittedVerdicts<>(consumer, List.of(topic))) {
      Map<TopicPartition, Long> ends = read(records, topicId, patience, redriven);
      TopicPartition partition = new TopicPartition(topic, PARTITION);
      long appended =
          admin
              .listOffsets(Map.of(partition, OffsetSpec.latest()))
              .partitionResult(partition)
              .get()
              .offset();
      if (ends.getOrDefault(partition, -1L) < appended) {
        throw new CheckFailedException(
            "topic %s cannot be read beyond offset %d of %d: a transaction is open there"
                .formatted(topic, ends.get(partition), appended));
      }
    }
    return redriven;
  }

  /** Reads into a set; returns where the records end. */
  static Map<TopicPartition, Long> read(
      CommittedVerdicts<byte[]> records, String topicId, Duration patience, Set<String> redriven) {
    records.seekToBeginning();
    return records.readToEnd(
        patience, batch -> batch.forEach(each -> note(each, topicId, redriven)));
  }

  /** A record without a value is a person's word that the input may be sent anew once more. */
  private static void note(
      ConsumerRecord<byte[], byte[]> record, String topicId, Set<String> redriven) {
    String mark = new String(record.key(), UTF_8);
    if (record.value() == null) {
      redriven.remove(mark);
    } else if (isAbout(record, topicId)) {
      redriven.add(mark);
    }
  }

  /** A record of an earlier build does not say. */
  private static boolean isAbout(ConsumerRecord<byte[], byte[]> record, String topicId) {
    String about = VerdictHeaders.optional(record.headers(), TOPIC_ID);
    return topicId == null || about == null || about.equals(topicId);
  }

  /**
   * The key of the record about an input. Dead letters may be about a deleted topic of the same
   * name: theirs must not stand for a rejected input at the same position.
   */
  static String mark(Outcome outcome, SourcePosition position) {
    return outcome.headerValue() + "/" + position;
  }

  /** The record about an input, to be sent with it in one transaction. */
  static ProducerRecord<byte[], byte[]> record(TopicNames topics, String topicId, Origin origin) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            topics.redriven(),
            PARTITION,
            mark(origin.outcome(), origin.position()).getBytes(UTF_8),
            origin.code().getBytes(UTF_8));
    VerdictHeaders.add(record.headers(), TOPIC_ID, topicId);
    return record;
  }
}
