package io.turnstile.feeds.publish;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.KafkaSettings;
import io.turnstile.clients.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Compacted topic of one partition with the states of feeds and the wishes for syncs. Thread-safe.
 */
public final class StateTopic {

  static final int PARTITION = 0;

  private final Map<String, Object> client;
  private final String name;
  private final CommittedLog log;

  /**
   * @param client Kafka client configuration
   * @param patience how long reading may not get on
   */
  public StateTopic(Map<String, Object> client, String name, Duration patience) {
    this.client = Map.copyOf(client);
    this.name = name;
    log = new CommittedLog(client, patience);
  }

  /** The topic's name. */
  public String name() {
    return name;
  }

  /**
   * Creates it if there is none, as soon as there are brokers for it.
   *
   * @throws CheckFailedException if there is one that does not keep what is in it
   * @throws Exception if the cluster refuses
   */
  public void createPatiently() throws Exception {
    new BrokersAway()
        .outlast(
            () -> {
              create();
              return null;
            });
  }

  /**
   * Creates it if there is none.
   *
   * @throws CheckFailedException if there is one that does not keep what is in it
   * @throws ExecutionException if the cluster refuses
   */
  private void create() throws ExecutionException, InterruptedException {
    try (Admin admin = Admin.create(client)) {
      NewTopic topic =
          new NewTopic(name, Optional.of(1), Optional.empty())
              .configs(
                  Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
      try {
        admin.createTopics(List.of(topic)).all().get();
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof TopicExistsException)) {
          throw e;
        }
      }
      Topics.awaitLeaders(
          admin, List.of(new TopicPartition(name, PARTITION)), new ListOffsetsOptions());
      String policy =
          KafkaSettings.ofTopic(admin, name).get().get(TopicConfig.CLEANUP_POLICY_CONFIG).value();
      if (!policy.equals(TopicConfig.CLEANUP_POLICY_COMPACT)) {
        throw new CheckFailedException(
            "topic %s has cleanup.policy=%s, not compact: where feeds are would be forgotten"
                .formatted(name, policy));
      }
    }
  }

  /**
   * Reads the states of all feeds, by name.
   *
   * @throws CheckFailedException if it cannot be read
   */
  public SortedMap<String, FeedState> states() throws InterruptedException {
    SortedMap<String, FeedState> states = new TreeMap<>();
    log.read(
        name,
        record -> {
          String key = key(record);
          if (key.indexOf('/') < 0) {
            if (record.value() == null) {
              states.remove(key);
            } else {
              states.put(key, state(record));
            }
          }
        });
    return states;
  }

  /** What there is of one feed. */
  record Entry(FeedState state, SyncRequest request) {}

  /** Reads what there is of one feed; nothing is null. */
  Entry entry(String feed, FeedState initial) throws InterruptedException {
    FeedState[] state = {initial};
    SyncRequest[] request = {SyncRequest.NONE};
    log.read(
        name,
        record -> {
          String key = key(record);
          if (key.equals(feed)) {
            state[0] = record.value() == null ? initial : state(record);
          } else if (key.equals(SyncRequest.key(feed))) {
            request[0] = request(record);
          }
        });
    return new Entry(state[0], request[0]);
  }

  static String key(ConsumerRecord<byte[], byte[]> record) {
    return record.key() == null ? "" : new String(record.key(), UTF_8);
  }

  private FeedState state(ConsumerRecord<byte[], byte[]> record) {
    try {
      return FeedState.decode(record.value());
    } catch (IOException e) {
      throw new CheckFailedException(
          "topic %s has at offset %d no state of a feed: somebody else writes there"
              .formatted(name, record.offset()));
    }
  }

  /** One that cannot be read is none. */
  static SyncRequest request(ConsumerRecord<byte[], byte[]> record) {
    try {
      return record.value() == null ? SyncRequest.NONE : SyncRequest.decode(record.value());
    } catch (IOException e) {
      return SyncRequest.NONE;
    }
  }

  /** The record of a state. */
  ProducerRecord<byte[], byte[]> record(String feed, FeedState state) {
    return new ProducerRecord<>(name, PARTITION, feed.getBytes(UTF_8), state.encode());
  }

  /**
   * Notes a wish for a sync.
   *
   * @throws ExecutionException if it is not known to be noted
   */
  public void request(String feed, SyncRequest request)
      throws ExecutionException, InterruptedException {
    Map<String, Object> config = new HashMap<>(client);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer
          .send(
              new ProducerRecord<>(
                  name, PARTITION, SyncRequest.key(feed).getBytes(UTF_8), request.encode()))
          .get();
    }
  }
}
