package io.turnstile.clients;

import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;

/** Asks a Kafka cluster for the settings of its brokers and topics. Never waits. */
public final class KafkaSettings {

  private KafkaSettings() {}

  /** The settings of a topic. */
  public static KafkaFuture<Config> ofTopic(Admin admin, String topic) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    return admin.describeConfigs(List.of(resource)).values().get(resource);
  }

  /**
   * The least value of a numeric setting among the brokers that tell theirs; empty if none does.
   * Never fails: not every principal may ask, and not every service answers, or with a number.
   */
  public static CompletableFuture<OptionalLong> leastOfBrokers(
      Admin admin, Collection<Node> brokers, String name) {
    List<ConfigResource> resources =
        brokers.stream()
            .map(node -> new ConfigResource(ConfigResource.Type.BROKER, node.idString()))
            .toList();
    return least(admin.describeConfigs(resources).values().values(), name);
  }

  static CompletableFuture<OptionalLong> least(
      Collection<KafkaFuture<Config>> answers, String name) {
    List<CompletableFuture<OptionalLong>> values =
        answers.stream()
            .map(
                answer ->
                    answer
                        .toCompletionStage()
                        .handle((config, refusal) -> valueOf(config, name))
                        .toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(values.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done ->
                values.stream()
                    .map(CompletableFuture::join)
                    .flatMapToLong(OptionalLong::stream)
                    .min());
  }

  private static OptionalLong valueOf(Config config, String name) {
    ConfigEntry entry = config == null ? null : config.get(name);
    if (entry == null || entry.value() == null) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(entry.value()));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
