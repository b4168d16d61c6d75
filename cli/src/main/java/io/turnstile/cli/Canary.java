package io.turnstile.cli;

import io.turnstile.events.Customer;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.simulator.TokenKind;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends transactions through a live deployment and waits for their committed verdicts. They are of
 * a customer and a product of their own, of no quantity, amount or currency: they change no sum.
 * Not thread-safe.
 */
final class Canary implements AutoCloseable {

  /** The customer and the product; nobody else may use these ids. */
  static final String ID = "turnstile-check";

  private static final Duration POLL = Duration.ofMillis(100);

  /**
   * What became of a transaction.
   *
   * @param latency from before its send to the return of the poll that gave the verdict
   */
  record Answer(String code, Duration latency) {}

  private final TopicNames topics;
  private final TokenIssuer tokens;
  private final Duration timeout;
  private final Producer<String, byte[]> producer;
  private final Consumer<byte[], byte[]> verdicts;

  /**
   * @param client Kafka client configuration
   * @param timeout how long a verdict may take
   */
  Canary(Map<String, Object> client, TopicNames topics, TokenIssuer tokens, Duration timeout) {
    this.topics = topics;
    this.tokens = tokens;
    this.timeout = timeout;
    producer =
        new KafkaProducer<>(
            with(
                client,
                Map.of(
                    ProducerConfig.ACKS_CONFIG,
                    "all",
                    ProducerConfig.LINGER_MS_CONFIG,
                    0,
                    ProducerConfig.MAX_BLOCK_MS_CONFIG,
                    timeout.toMillis(),
                    ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                    (int) timeout.toMillis())),
            new StringSerializer(),
            new ByteArraySerializer());
    verdicts =
        new KafkaConsumer<>(
            with(
                client,
                Map.of(
                    ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                    "read_committed",
                    ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                    false)),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
  }

  /** Publishes the product and the customer, and starts to read verdicts from here on. */
  void prepare() throws ExecutionException, InterruptedException {
    long now = System.currentTimeMillis();
    send(topics.inventory(), ProductCodec.encode(new Product(ID, ID, ID, 0, "XXX", 0, now, now)));
    send(topics.customers(), CustomerCodec.encode(new Customer(ID, ID, ID, "", now, now)));

    List<TopicPartition> partitions =
        topics.verdicts().stream()
            .flatMap(topic -> verdicts.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    verdicts.assign(partitions);
    verdicts.seekToEnd(partitions);
    partitions.forEach(verdicts::position);
  }

  /** A transaction that was never sent before. */
  static Transaction transaction() {
    return new Transaction(
        "check-" + UUID.randomUUID(), ID, ID, 0, 0, "XXX", System.currentTimeMillis(), "");
  }

  /**
   * Sends a transaction with a fresh token of this kind and waits for its verdict.
   *
   * @throws CheckFailedException if there is none in time
   */
  Answer submit(Transaction transaction, TokenKind tokenKind)
      throws ExecutionException, InterruptedException {
    byte[] value = TransactionCodec.encode(withToken(transaction, tokens.token(tokenKind, ID)));
    long start = System.nanoTime();
    RecordMetadata sent = send(topics.transactions(), value);
    SourcePosition position = new SourcePosition(sent.topic(), sent.partition(), sent.offset());
    while (System.nanoTime() - start < timeout.toNanos()) {
      for (ConsumerRecord<byte[], byte[]> record : verdicts.poll(POLL)) {
        VerdictSeen verdict = VerdictSeen.of(record);
        if (verdict.position().equals(position)) {
          return new Answer(verdict.code(), Duration.ofNanos(System.nanoTime() - start));
        }
      }
    }
    throw new CheckFailedException(
        "no committed verdict for " + position + " within " + timeout.toSeconds() + " s");
  }

  @Override
  public void close() {
    producer.close();
    verdicts.close();
  }

  private RecordMetadata send(String topic, byte[] value)
      throws ExecutionException, InterruptedException {
    return producer.send(new ProducerRecord<>(topic, ID, value)).get();
  }

  private static Transaction withToken(Transaction transaction, String token) {
    return new Transaction(
        transaction.transactionId(),
        transaction.customerId(),
        transaction.productId(),
        transaction.quantity(),
        transaction.amount(),
        transaction.currency(),
        transaction.occurredAt(),
        token);
  }

  private static Map<String, Object> with(Map<String, Object> client, Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(client);
    config.putAll(more);
    return config;
  }
}
