package io.turnstile.clients;

import java.time.Duration;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;

/** What all of our Kafka consumers need. */
public final class KafkaConsumers {

  private KafkaConsumers() {}

  /**
   * Closes a consumer that is in no group, at once: by itself it waits for the fetch in flight,
   * which the broker holds for up to half a second.
   */
  public static void close(Consumer<?, ?> consumer) {
    consumer.close(CloseOptions.timeout(Duration.ZERO));
  }
}
