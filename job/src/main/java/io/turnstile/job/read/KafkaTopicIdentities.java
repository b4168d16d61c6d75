package io.turnstile.job.read;

import io.turnstile.clients.ReferenceSpec;
import io.turnstile.job.failure.PermanentFailure;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Asks the brokers for the ids of the topics with these names. */
final class KafkaTopicIdentities implements TopicIdentities {

  /** A broker that has just started may not know a topic yet: only a lasting absence counts. */
  private static final int ATTEMPTS = 4;

  private static final long PAUSE_MILLIS = 1_000;

  private final Properties clientProperties;

  /** The name by which a topic is remembered, by topic. */
  private final Map<String, String> topics = new LinkedHashMap<>();

  /**
   * @param references a checkpoint may only be restored with these: transactions may wait in it for
   *     them, and each has its state under its own name
   */
  KafkaTopicIdentities(
      Properties clientProperties, List<String> topics, List<ReferenceSpec> references) {
    this.clientProperties = clientProperties;
    topics.forEach(topic -> this.topics.put(topic, topic));
    for (ReferenceSpec each : references) {
      this.topics.put(
          each.topic(),
          "%s (reference %s, keyed by %s)".formatted(each.topic(), each.name(), each.keyedBy()));
    }
  }

  @Override
  public Map<String, String> current() throws IOException {
    try (Admin admin = Admin.create(clientProperties)) {
      Map<String, String> ids = new HashMap<>();
      describe(admin, topics.keySet())
          .forEach(
              (name, description) -> ids.put(topics.get(name), description.topicId().toString()));
      return ids;
    }
  }

  /**
   * Describes topics that must exist.
   *
   * @throws SuppressRestartsException if one does not
   * @throws IOException if the brokers do not answer
   */
  static Map<String, TopicDescription> describe(Admin admin, Collection<String> topics)
      throws IOException {
    try {
      for (int attempt = 1; ; attempt++) {
        try {
          return admin.describeTopics(topics).allTopicNames().get();
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
            throw new IOException(
                "cannot describe the topics " + topics + ": " + e.getCause().getMessage(), e);
          }
          if (attempt == ATTEMPTS) {
            throw PermanentFailure.of(
                "an input topic is missing, of "
                    + topics
                    + ": was it deleted? Nothing is skipped; create it and start the job"
                    + " without the checkpoint");
          }
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while describing topics", e);
    }
  }
}
