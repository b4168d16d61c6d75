package io.turnstile.cli.redrive;

import io.turnstile.clients.KafkaSettings;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Asks the brokers for settings of topics. */
final class TopicConfigs {

  private TopicConfigs() {}

  /**
   * The value of a topic's setting; empty if there is no such topic.
   *
   * @throws ExecutionException if the cluster refuses or does not answer
   */
  static Optional<String> setting(Admin admin, String topic, String name)
      throws ExecutionException, InterruptedException {
    try {
      return Optional.of(KafkaSettings.ofTopic(admin, topic).get().get(name).value());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
