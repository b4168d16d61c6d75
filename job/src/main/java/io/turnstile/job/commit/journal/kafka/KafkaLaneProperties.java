package io.turnstile.job.commit.journal.kafka;

import io.turnstile.job.commit.VerdictRecords;
import java.util.Properties;
import org.apache.kafka.clients.producer.ProducerConfig;

/** The configuration of a lane's producer. */
final class KafkaLaneProperties {

  /** A new transaction may have to wait so long for the last; Kafka's own default is 100 ms. */
  private static final String RETRY_BACKOFF_MILLIS = "2";

  private static final String MAX_RETRY_BACKOFF_MILLIS = "10";

  /** Longer than intervals between commits are; after a longer one, a batch leaves early. */
  private static final String LINGER_MILLIS = "1000";

  /** A larger batch is sent before the commit. */
  private static final String BATCH_BYTES = Integer.toString(128 << 10);

  private KafkaLaneProperties() {}

  static Properties of(KafkaJournalSettings settings, String transactionalId) {
    Properties properties = new Properties();
    properties.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, RETRY_BACKOFF_MILLIS);
    properties.put(ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG, MAX_RETRY_BACKOFF_MILLIS);
    properties.put(
        ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(maxRequestBytes(settings)));
    // The commit sends: requests before it would only be more requests.
    properties.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MILLIS);
    properties.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
    properties.put(ProducerConfig.CLIENT_ID_CONFIG, "turnstile-" + transactionalId);
    properties.putAll(settings.client());
    properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    properties.put(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
        Math.toIntExact(settings.transactionTimeout().toMillis()));
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    return properties;
  }

  /** The largest request that a producer with these settings sends. */
  static int maxRequestBytes(KafkaJournalSettings settings) {
    Object given = settings.client().get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG);
    return given == null ? VerdictRecords.MAX_REQUEST_BYTES : Integer.parseInt(given.toString());
  }
}
