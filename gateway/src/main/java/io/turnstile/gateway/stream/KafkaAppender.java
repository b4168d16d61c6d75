package io.turnstile.gateway.stream;

import io.turnstile.clients.Await;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.Topics;
import io.turnstile.events.SourcePosition;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Appends by an idempotent producer that waits for all replicas in sync: a record that its retries
 * send again is in the topic once. Thread-safe.
 */
public final class KafkaAppender implements Appender, AutoCloseable {

  /** Requests that come within it share a batch; more would be felt in every answer. */
  private static final int LINGER_MILLIS = 1;

  /** For what waits to be sent, whatever the properties of the client say. */
  public static final int BUFFER_BYTES = 32 << 20;

  /** More than the topics admit: their limit counts. */
  private static final int MAX_REQUEST_BYTES = 2 * Topics.MAX_INPUT_BYTES;

  private final Producer<byte[], byte[]> producer;
  private final Duration sendTimeout;

  /**
   * @param producer closed with this
   * @param sendTimeout how long closing may take
   */
  KafkaAppender(Producer<byte[], byte[]> producer, Duration sendTimeout) {
    this.producer = producer;
    this.sendTimeout = sendTimeout;
  }

  /**
   * Connects to Kafka, and learns where the topics are, so that no send has to wait for it.
   *
   * @param client Kafka client configuration
   * @param topics all that records will be appended to
   * @param sendTimeout when a send counts as failed at the latest
   * @param patience how long to wait for Kafka now
   * @throws CheckFailedException if Kafka does not tell in time
   */
  public static KafkaAppender connect(
      Map<String, Object> client,
      Collection<String> topics,
      Duration sendTimeout,
      Duration patience) {
    KafkaAppender appender =
        new KafkaAppender(
            new KafkaProducer<>(
                configuration(client, sendTimeout),
                new ByteArraySerializer(),
                new ByteArraySerializer()),
            sendTimeout);
    try {
      for (String topic : topics) {
        Await.until(
            patience,
            () -> appender.knows(topic),
            () ->
                new CheckFailedException(
                    "Kafka does not tell in %d s where topic %s is"
                        .formatted(patience.toSeconds(), topic)));
      }
    } catch (RuntimeException e) {
      appender.close();
      throw e;
    }
    return appender;
  }

  static Map<String, Object> configuration(Map<String, Object> client, Duration sendTimeout) {
    int timeout = (int) sendTimeout.toMillis();
    Map<String, Object> config = new HashMap<>(client);
    config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MILLIS);
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, timeout);
    // Two attempts fit into a send.
    config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, timeout / 2);
    // Event loops send: they must not wait for room, nor for a topic's metadata to come back.
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 0L);
    config.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, Duration.ofDays(365).toMillis());
    config.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) BUFFER_BYTES);
    config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST_BYTES);
    return config;
  }

  private boolean knows(String topic) {
    try {
      return !producer.partitionsFor(topic).isEmpty();
    } catch (TimeoutException e) {
      return false; // It has asked, and did not wait for the answer.
    }
  }

  // The callback has what the future has.
  @SuppressWarnings("FutureReturnValueIgnored")
  @Override
  public CompletableFuture<SourcePosition> append(ProducerRecord<byte[], byte[]> record) {
    CompletableFuture<SourcePosition> position = new CompletableFuture<>();
    Thread caller = Thread.currentThread();
    try {
      producer.send(
          record,
          (metadata, failure) -> {
            if (failure != null) {
              // Called back at once, it never reached the thread that sends.
              boolean sent = Thread.currentThread() != caller;
              position.completeExceptionally(sent ? failure : notSent(failure));
            } else if (metadata.hasOffset()) {
              position.complete(
                  new SourcePosition(metadata.topic(), metadata.partition(), metadata.offset()));
            } else {
              // A retry of what the broker had already, and it did not say where.
              position.completeExceptionally(new KafkaException("appended at an unknown offset"));
            }
          });
    } catch (KafkaException | IllegalStateException e) {
      position.completeExceptionally(notSent(e));
    }
    return position;
  }

  private static NotSentException notSent(Exception cause) {
    return new NotSentException("Kafka's client refuses to send: " + cause.getMessage(), cause);
  }

  /** Waits for what is being sent. */
  @Override
  public void close() {
    producer.close(sendTimeout);
  }
}
