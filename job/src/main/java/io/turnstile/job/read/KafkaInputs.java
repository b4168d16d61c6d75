package io.turnstile.job.read;

import io.turnstile.clients.KafkaConsumers;
import io.turnstile.events.SourcePosition;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Inputs in Kafka. */
final class KafkaInputs implements Inputs {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final Properties clientProperties;
  private final AppendTime appendTime;

  KafkaInputs(Properties clientProperties, AppendTime appendTime) {
    this.clientProperties = clientProperties;
    this.appendTime = appendTime;
  }

  private Properties properties() {
    Properties properties = new Properties();
    properties.putAll(clientProperties);
    properties.putAll(KafkaSources.BOUNDED);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "1");
    return properties;
  }

  @Override
  public InputRecord at(SourcePosition position) throws IOException, InterruptedException {
    try {
      KafkaConsumer<byte[], byte[]> consumer =
          new KafkaConsumer<>(
              properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
      try {
        return at(position, consumer);
      } finally {
        KafkaConsumers.close(consumer);
      }
    } catch (OffsetOutOfRangeException e) {
      throw new NoSuchInputException(position);
    } catch (InterruptException e) {
      // Kafka's client has set the flag again.
      Thread.interrupted();
      throw new InterruptedException();
    } catch (KafkaException e) {
      throw new IOException("cannot read input " + position + ": " + e.getMessage(), e);
    }
  }

  private InputRecord at(SourcePosition position, KafkaConsumer<byte[], byte[]> consumer)
      throws IOException {
    TopicPartition partition = new TopicPartition(position.topic(), position.partition());
    consumer.assign(List.of(partition));
    consumer.seek(partition, position.offset());
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(TIMEOUT)) {
      if (record.offset() == position.offset()) {
        return TransactionDeserializer.input(record, appendTime);
      }
    }
    if (consumer.position(partition) > position.offset()) {
      throw new NoSuchInputException(position);
    }
    throw new IOException("cannot read input " + position + ": Kafka does not answer");
  }
}
