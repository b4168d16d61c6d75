package io.turnstile.cli;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.Generation;
import io.turnstile.clients.OwnersTopic;
import io.turnstile.events.TopicNames;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;

/** The owners in the owners topic, read with one consumer. */
final class KafkaOwners implements LaneOwners {

  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

  private final Map<String, Object> client;
  private final TopicNames topics;
  private final OwnersTopic.Reader reader;

  KafkaOwners(Map<String, Object> client, TopicNames topics) {
    this.client = client;
    this.topics = topics;
    reader = new OwnersTopic.Reader(client, topics.owners());
  }

  @Override
  public Map<Integer, Generation> read() {
    return reader.read(ANSWER_TIMEOUT);
  }

  @Override
  public int lanes() {
    try (Admin admin = Admin.create(client)) {
      return admin
          .describeTopics(List.of(topics.accepted()))
          .topicNameValues()
          .get(topics.accepted())
          .get(ANSWER_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
          .partitions()
          .size();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (Exception e) {
      throw new CheckFailedException("topic " + topics.accepted() + ": " + OneLine.of(e));
    }
  }

  @Override
  public void close() {
    reader.close();
  }
}
