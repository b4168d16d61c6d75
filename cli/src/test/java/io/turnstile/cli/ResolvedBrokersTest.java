package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

class ResolvedBrokersTest {

  private static final Duration LONG = Duration.ofMinutes(5);

  private final AtomicInteger attempts = new AtomicInteger();

  /** Kafka's own exception for a name that does not resolve. */
  private static KafkaException unresolved() {
    return catchThrowableOfType(
        KafkaException.class,
        () -> Admin.create(Map.of("bootstrap.servers", "nowhere.invalid:9092")));
  }

  @Test
  void nameThatResolvesLaterIsWaitedFor() throws Exception {
    KafkaException unresolved = unresolved();
    assertThat(
            ResolvedBrokers.await(
                LONG,
                () -> {
                  if (attempts.incrementAndGet() == 1) {
                    throw unresolved;
                  }
                  return "client";
                }))
        .isEqualTo("client");
    assertThat(attempts).hasValue(2);
  }

  @Test
  void otherFailuresAreNotTriedAgain() {
    KafkaException other =
        new KafkaException("Failed to create", new ConfigException("Invalid url"));
    assertThatThrownBy(() -> ResolvedBrokers.await(LONG, () -> failing(other))).isSameAs(other);
    assertThat(attempts).hasValue(1);
  }

  @Test
  void waitEndsWithKafkasOwnException() {
    KafkaException unresolved = unresolved();
    assertThat(unresolved)
        .hasRootCauseMessage("No resolvable bootstrap urls given in bootstrap.servers");
    assertThatThrownBy(() -> ResolvedBrokers.await(Duration.ofMillis(1), () -> failing(unresolved)))
        .isSameAs(unresolved);
  }

  private String failing(KafkaException e) {
    attempts.incrementAndGet();
    throw e;
  }
}
