package io.turnstile.feeds.publish;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Agreement of the runners of a feed about who works: they are a consumer group, and the one that
 * has the state topic's only partition does. This keeps the others from trying; that two never
 * commit is the work of the transactional id. Not thread-safe.
 */
public final class Leadership implements AutoCloseable {

  /** A sync's steps are shorter; after a longer one the runner is taken for dead. */
  private static final Duration LONGEST_STEP = Duration.ofMinutes(15);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final String feed;
  private boolean held;
  private SyncRequest request = SyncRequest.NONE;

  /**
   * Joins the group.
   *
   * @param client Kafka client configuration
   * @param states the topic of states
   * @param instance a name that no other runner has, so that a runner that comes back under it goes
   *     on at once; null for none
   * @param takeOver after how much silence another runner takes over
   */
  public Leadership(
      Map<String, Object> client,
      StateTopic states,
      String feed,
      String instance,
      Duration takeOver) {
    this.feed = feed;
    Map<String, Object> config = new HashMap<>(client);
    config.put(ConsumerConfig.GROUP_ID_CONFIG, states.name() + "." + feed);
    config.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic");
    config.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, (int) takeOver.toMillis());
    config.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, (int) takeOver.toMillis() / 4);
    config.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, (int) LONGEST_STEP.toMillis());
    config.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        CooperativeStickyAssignor.class.getName());
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    // What was there before is read when the feed is opened.
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    if (instance != null) {
      config.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instance);
    }
    consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.subscribe(List.of(states.name()), new Listener());
  }

  private final class Listener implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      held |= !partitions.isEmpty();
      // Now, and not at a later poll: a wish that comes in between would be left out.
      consumer.seekToEnd(partitions);
      partitions.forEach(consumer::position);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      held &= partitions.isEmpty();
    }
  }

  /**
   * Waits, and keeps the group informed that this runner lives.
   *
   * @return whether it is this runner that works
   * @throws org.apache.kafka.common.KafkaException if Kafka refuses
   */
  public boolean await(Duration time) {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(time)) {
      if (StateTopic.key(record).equals(SyncRequest.key(feed))) {
        request = StateTopic.request(record);
      }
    }
    return held;
  }

  /** The newest wish for a sync that came while this runner worked. */
  SyncRequest request() {
    return request;
  }

  /** Leaves the group: another runner takes over at once, unless this one has an instance name. */
  @Override
  public void close() {
    consumer.close();
  }
}
