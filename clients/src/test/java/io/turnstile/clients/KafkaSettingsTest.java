package io.turnstile.clients;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.junit.jupiter.api.Test;

class KafkaSettingsTest {

  private static final String NAME = "transactional.id.expiration.ms";

  private static KafkaFuture<Config> broker(String value) {
    return KafkaFuture.completedFuture(new Config(List.of(new ConfigEntry(NAME, value))));
  }

  private static KafkaFuture<Config> refused() {
    KafkaFutureImpl<Config> refused = new KafkaFutureImpl<>();
    refused.completeExceptionally(new ClusterAuthorizationException("no"));
    return refused;
  }

  private static OptionalLong least(List<KafkaFuture<Config>> answers) {
    CompletableFuture<OptionalLong> least = KafkaSettings.least(answers, NAME);
    assertThat(least).isCompleted();
    return least.join();
  }

  @Test
  void leastOfTheBrokersThatTellCounts() {
    assertThat(least(List.of(broker("3000"), refused(), broker("2000"), broker(null))))
        .hasValue(2000);
  }

  @Test
  void brokersThatTellNothingAreNoFailure() {
    KafkaFuture<Config> other = KafkaFuture.completedFuture(new Config(List.of()));
    assertThat(least(List.of(refused(), broker(null), other))).isEmpty();
    assertThat(least(List.of())).isEmpty();
  }

  @Test
  void valueThatIsNoNumberIsNoFailure() {
    assertThat(least(List.of(broker("a week"), broker("")))).isEmpty();
    assertThat(least(List.of(broker("a week"), broker("2000")))).hasValue(2000);
  }

  @Test
  void nobodyWaitsForABrokerThatDoesNotAnswer() {
    assertThat(KafkaSettings.least(List.of(broker("1"), new KafkaFutureImpl<>()), NAME))
        .isNotDone();
  }
}
