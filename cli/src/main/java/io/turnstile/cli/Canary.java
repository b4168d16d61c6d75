package io.turnstile.cli;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.TokenClaims;
import io.turnstile.clients.TokenSigner;
import io.turnstile.clients.VerdictCode;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.clients.postgresql.VerdictStore;
import io.turnstile.events.Customer;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictHeaders;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Headers;
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

  /** Lifetime of its tokens. */
  static final Duration TOKEN_LIFETIME = Duration.ofMinutes(5);

  private static final Duration POLL = Duration.ofMillis(100);

  /** Token of a transaction. */
  enum Token {
    VALID(Duration.ZERO),
    /** Expired for ten minutes, far more than any clock skew that a job allows. */
    EXPIRED(TOKEN_LIFETIME.plusMinutes(10));

    private final Duration age;

    Token(Duration age) {
      this.age = age;
    }
  }

  /**
   * A verdict and its latency.
   *
   * @param latency from before its send to the return of the poll that gave the verdict
   */
  record Answer(String code, Duration latency) {}

  private final TopicNames topics;
  private final TokenSigner tokens;
  private final Duration timeout;
  private final Producer<String, byte[]> producer;
  private final CommittedVerdicts<byte[]> verdicts;

  /**
   * @param verdicts closed with this
   */
  Canary(
      Producer<String, byte[]> producer,
      CommittedVerdicts<byte[]> verdicts,
      TopicNames topics,
      TokenSigner tokens,
      Duration timeout) {
    this.producer = producer;
    this.verdicts = verdicts;
    this.topics = topics;
    this.tokens = tokens;
    this.timeout = timeout;
  }

  /**
   * Signs its tokens.
   *
   * @param key file of a private JWK
   * @param claims what they say besides
   * @throws IOException if it cannot be read
   */
  static TokenSigner signer(Path key, TokenClaims claims) throws IOException {
    return new TokenSigner(TokenSigner.readKey(key), TOKEN_LIFETIME, claims);
  }

  /**
   * Connects to Kafka, and to the database if the verdicts are there.
   *
   * @param client Kafka client configuration
   * @param database null if the verdicts are in the verdict topics
   * @param timeout how long a verdict may take
   */
  static Canary connect(
      Map<String, Object> client,
      TopicNames topics,
      PostgresqlSource database,
      TokenSigner tokens,
      Duration timeout) {
    Map<String, Object> config = new HashMap<>(client);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeout.toMillis());
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) timeout.toMillis());
    Map<String, Object> reader = new HashMap<>(client);
    // To seek to the end waits for the fetch in flight: half a second for each transaction.
    reader.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, (int) POLL.toMillis() / 10);
    return new Canary(
        new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer()),
        VerdictStore.reader(database, reader, topics, topics.verdicts()),
        topics,
        tokens,
        timeout);
  }

  /** Publishes the product and the customer that its transactions name. */
  void prepare() throws ExecutionException, InterruptedException {
    long now = System.currentTimeMillis();
    send(topics.inventory(), ProductCodec.encode(new Product(ID, ID, ID, 0, "XXX", 0, now, now)));
    send(topics.customers(), CustomerCodec.encode(new Customer(ID, ID, ID, "", now, now)));
    verdicts.seekToEnd();
  }

  /** A transaction that was never sent before. */
  static Transaction transaction() {
    return new Transaction(
        "check-" + UUID.randomUUID(), ID, ID, 0, 0, "XXX", System.currentTimeMillis(), "");
  }

  /**
   * Sends a transaction with a fresh token and waits for its verdict.
   *
   * @throws CheckFailedException if there is none in time
   */
  Answer submit(Transaction transaction, Token kind)
      throws ExecutionException, InterruptedException {
    String token = tokens.sign(ID, Instant.now().minus(kind.age));
    byte[] value = TransactionCodec.encode(transaction.withToken(token));
    // The verdicts of others since the last transaction would be read first.
    verdicts.seekToEnd();
    long start = System.nanoTime();
    RecordMetadata sent = send(topics.transactions(), value);
    SourcePosition position = new SourcePosition(sent.topic(), sent.partition(), sent.offset());
    while (System.nanoTime() - start < timeout.toNanos()) {
      for (ConsumerRecord<byte[], byte[]> record : verdicts.poll(POLL)) {
        // Nothing else is looked into: a record that is no verdict is not for us to find.
        if (isAbout(position, record.headers())) {
          Duration latency = Duration.ofNanos(System.nanoTime() - start);
          return new Answer(VerdictCode.of(record.headers(), record::value), latency);
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

  private static boolean isAbout(SourcePosition position, Headers headers) {
    return position.topic().equals(VerdictHeaders.optional(headers, VerdictHeaders.SOURCE_TOPIC))
        && Integer.toString(position.partition())
            .equals(VerdictHeaders.optional(headers, VerdictHeaders.SOURCE_PARTITION))
        && Long.toString(position.offset())
            .equals(VerdictHeaders.optional(headers, VerdictHeaders.SOURCE_OFFSET));
  }

  private RecordMetadata send(String topic, byte[] value)
      throws ExecutionException, InterruptedException {
    return producer.send(new ProducerRecord<>(topic, ID, value)).get();
  }
}
