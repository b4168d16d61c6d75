package io.turnstile.job.commit.checkpoint;

import io.turnstile.events.TopicNames;
import io.turnstile.job.commit.VerdictRecords;
import io.turnstile.job.decide.Verdict;
import java.time.Duration;
import java.util.Properties;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.kafka.clients.producer.ProducerConfig;

/** Makes the sink that commits verdicts when a checkpoint completes. */
public final class KafkaVerdictSink {

  private KafkaVerdictSink() {}

  /**
   * A sink that makes verdicts visible with the checkpoint that covers them.
   *
   * @param client properties for every Kafka client, the bootstrap servers among them
   * @param transactionTimeout above the longest stop that verdicts are to survive
   */
  public static Sink<Verdict> create(
      TopicNames topics, Properties client, Duration transactionTimeout) {
    Properties properties = new Properties();
    properties.putAll(client);
    properties.put(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Long.toString(transactionTimeout.toMillis()));
    properties.put(
        ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(VerdictRecords.MAX_REQUEST_BYTES));
    // While the coordinator still finishes the transaction before, a producer waits this long.
    properties.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, "2");
    properties.put(ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG, "10");
    return new FailFastKafkaSink(
        KafkaSink.<Verdict>builder()
            .setKafkaProducerConfig(properties)
            .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
            .setTransactionalIdPrefix(topics.accepted())
            .setTransactionNamingStrategy(TransactionNamingStrategy.POOLING)
            .setRecordSerializer(new VerdictRecords(topics))
            .build());
  }
}
