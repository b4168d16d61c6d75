package io.turnstile.clients;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The topic that says which {@link Generation} owns which lane: one partition per lane, compacted,
 * a record with the lane as key for each take-over. The lane's owner writes it in a transaction
 * with the lane's own transactional id, so that whoever was fenced cannot.
 */
public final class OwnersTopic {

  private static final Duration POLL = Duration.ofMillis(100);

  /** The broker's default. */
  private static final short REPLICATION = -1;

  private OwnersTopic() {}

  /**
   * Creates the topic if it does not exist, which takes no right to create it if it does; returns
   * when it can be written to.
   *
   * @throws ExecutionException if the cluster refuses
   */
  public static void create(Admin admin, String topic, int lanes)
      throws ExecutionException, InterruptedException {
    if (exists(admin, topic)) {
      return;
    }
    NewTopic owners =
        new NewTopic(topic, lanes, REPLICATION)
            .configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
    try {
      admin.createTopics(List.of(owners)).all().get();
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
      return;
    }
    List<TopicPartition> created =
        IntStream.range(0, lanes).mapToObj(lane -> new TopicPartition(topic, lane)).toList();
    Topics.awaitLeaders(admin, created, new ListOffsetsOptions());
  }

  private static boolean exists(Admin admin, String topic)
      throws ExecutionException, InterruptedException {
    try {
      admin.describeTopics(List.of(topic)).allTopicNames().get();
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return false;
      }
      throw e;
    }
  }

  /** The record by which a generation makes itself known as the owner of a lane. */
  public static ProducerRecord<byte[], byte[]> record(
      String topic, int lane, Generation generation) {
    return new ProducerRecord<>(
        topic, lane, Integer.toString(lane).getBytes(UTF_8), generation.toString().getBytes(UTF_8));
  }

  /**
   * The owners of all lanes, as {@link Reader#read} returns them.
   *
   * @param client properties of the Kafka client, its {@code bootstrap.servers} among them
   */
  public static Map<Integer, Generation> read(Map<?, ?> client, String topic, Duration timeout) {
    try (Reader reader = new Reader(client, topic)) {
      return reader.read(timeout);
    }
  }

  /** The same, of some lanes of a topic that exists. */
  public static Map<Integer, Generation> read(
      Map<?, ?> client, Collection<TopicPartition> lanes, Duration timeout) {
    try (Reader reader = new Reader(client, null)) {
      reader.begin(lanes);
      return reader.read(timeout);
    }
  }

  /** Reads the topic, also again and again: what is new costs no more than that. */
  public static final class Reader implements AutoCloseable {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final String topic;
    private final Map<Integer, Generation> owners = new TreeMap<>();

    /** Connects later, at the first reading. */
    public Reader(Map<?, ?> client, String topic) {
      this.topic = topic;
      Map<String, Object> config = new HashMap<>();
      client.forEach((name, value) -> config.put(name.toString(), value));
      config.remove(ConsumerConfig.GROUP_ID_CONFIG);
      config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
      config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
      config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
      config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
      consumer =
          new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private void begin(Collection<TopicPartition> partitions) {
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
    }

    /**
     * The owners of all lanes, by lane: what is committed when this is called. Lanes that were
     * never owned by a generation are missing, all of them if there is no such topic.
     *
     * @throws TimeoutException if they cannot be read in time
     * @throws IllegalArgumentException if something else is in the topic
     */
    public Map<Integer, Generation> read(Duration timeout) {
      if (consumer.assignment().isEmpty()) {
        begin(
            consumer.partitionsFor(topic, timeout).stream()
                .map(partition -> new TopicPartition(topic, partition.partition()))
                .toList());
      }
      Collection<TopicPartition> partitions = consumer.assignment();
      // Of committed records: an open transaction is a take-over that may still fail.
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, timeout);
      long giveUpAt = System.nanoTime() + timeout.toNanos();
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        if (System.nanoTime() > giveUpAt) {
          throw new TimeoutException("the owners topic cannot be read to its end: " + ends);
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (record.value() != null) {
            owners.put(record.partition(), Generation.parse(new String(record.value(), UTF_8)));
          }
        }
      }
      return new TreeMap<>(owners);
    }

    @Override
    public void close() {
      KafkaConsumers.close(consumer);
    }
  }
}
