package io.turnstile.feeds;

import io.turnstile.feeds.publish.FeedState;
import io.turnstile.feeds.publish.StateTopic;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * How a feed is, by its last commit.
 *
 * @param sinceSync since its last sync ended, null if none ever has
 * @param failing since it fails without a page in between, null if it does not
 * @param line the whole of it, as {@code feeds status} has it
 */
public record FeedHealth(String name, Duration sinceSync, Duration failing, String line) {

  /** Of a failure: shorter ones cure themselves. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Returns whether it has failed for so long that a person should look. */
  public boolean isIll() {
    return failing != null && failing.compareTo(PATIENCE) > 0;
  }

  /**
   * Reads how all feeds of a deployment are; none without a topic of states.
   *
   * @param client Kafka client configuration
   * @param topic of the states
   * @param timeout how long reading may not get on
   * @throws KafkaException if Kafka does not answer
   */
  public static List<FeedHealth> read(Map<String, Object> client, String topic, Duration timeout)
      throws InterruptedException {
    if (!exists(client, topic)) {
      return List.of();
    }
    Instant now = Instant.now();
    return new StateTopic(client, topic, timeout)
        .states().entrySet().stream().map(each -> of(each.getKey(), each.getValue(), now)).toList();
  }

  private static boolean exists(Map<String, Object> client, String topic)
      throws InterruptedException {
    try (Admin admin = Admin.create(client)) {
      admin.describeTopics(List.of(topic)).allTopicNames().get();
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return false;
      }
      throw new KafkaException(e.getCause().getMessage(), e.getCause());
    }
  }

  static FeedHealth of(String name, FeedState state, Instant now) {
    return new FeedHealth(
        name,
        state.completedAt() == 0 ? null : since(state.completedAt(), now),
        state.failure() == null ? null : since(state.failure().since(), now),
        StatusCommand.line(name, state, now));
  }

  private static Duration since(long millis, Instant now) {
    return Duration.ofMillis(Math.max(0, now.toEpochMilli() - millis));
  }
}
