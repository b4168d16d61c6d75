package io.turnstile.simulator.hostile;

import com.nimbusds.jose.jwk.JWK;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.TokenClaims;
import io.turnstile.clients.VerdictCode;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.hostile.Attack.Delivery;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends the attacks, one at a time, and reads what becomes of them. Not thread-safe. */
public final class HostileClient {

  /** Above the limit of the topic: it is the broker that is to refuse. */
  private static final int MAX_REQUEST_BYTES = 8 << 20;

  /** In each turn, one after the other. */
  private static final int TRANSACTIONS = 5;

  /** For so long a transaction stays open after its last record: 3 s in all, with the attack. */
  private static final Duration OPEN = Duration.ofSeconds(1);

  /** For the last verdicts: longer than any wait for a product. */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final long POLL_MILLIS = 100;

  private final KafkaConnection kafka;
  private final JWK signingKey;
  private final TokenClaims expected;
  private final long seed;
  private final Consumer<String> out;
  private final Answers answers = new Answers();
  private final Map<String, Long> numbers = new HashMap<>();

  /**
   * @param signingKey of the issuer: somebody has tokens of his own
   * @param expected what the job wants of tokens
   * @param seed fixes the order of the attacks and what they send, but for times and signatures
   * @param out takes a line for each turn of an attack
   */
  public HostileClient(
      KafkaConnection kafka,
      JWK signingKey,
      TokenClaims expected,
      long seed,
      Consumer<String> out) {
    this.kafka = kafka;
    this.signingKey = signingKey;
    this.expected = expected;
    this.seed = seed;
    this.out = out;
  }

  /**
   * Goes through all attacks, again and again, each time in another order. Then waits for the
   * verdicts, and says what was wrong.
   *
   * @param pause between two attacks
   * @return whether each record had exactly the one verdict that is right
   * @throws IOException if the topics are not there
   */
  public boolean run(Duration duration, Duration pause) throws IOException, InterruptedException {
    TopicNames topics = kafka.topics();
    kafka.requireTopics(List.of(topics.transactions(), topics.inventory(), topics.customers()));
    kafka.requireTopics(topics.verdicts());
    Random random = new Random(seed);
    TokenForge tokens = new TokenForge(signingKey, expected, Clock.systemUTC(), random);
    String run = Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);
    List<Attack> attacks = new ArrayList<>(Attacks.all(topics, tokens, random, run));
    long end = System.nanoTime() + duration.toNanos();
    try (CommittedVerdicts<byte[]> verdicts = kafka.verdicts(topics.verdicts());
        Producer<byte[], byte[]> plain = producer(Map.of());
        Producer<byte[], byte[]> compressing =
            producer(Map.of(ProducerConfig.COMPRESSION_TYPE_CONFIG, "gzip"))) {
      verdicts.seekToEnd();
      verdicts.start("hostile-verdicts", (verdict, polled) -> take(verdict));
      while (System.nanoTime() < end) {
        Collections.shuffle(attacks, random);
        for (Attack attack : attacks) {
          if (System.nanoTime() < end) {
            verdicts.requireReading();
            strike(attack, attack.delivery() == Delivery.COMPRESSED ? compressing : plain);
            Thread.sleep(pause.toMillis());
          }
        }
      }
      return settle(verdicts);
    }
  }

  private void strike(Attack attack, Producer<byte[], byte[]> producer)
      throws InterruptedException {
    Instant from = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    long before = answers.sent(attack.name());
    long refusedBefore = answers.refused(attack.name());
    if (attack.delivery() == Delivery.ABORTED) {
      abort(attack);
    } else {
      send(attack, producer, attack.records());
      producer.flush();
    }
    out.accept(
        "%s to %s  %-22s %,6d records%s"
            .formatted(
                from,
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                attack.name(),
                answers.sent(attack.name()) - before,
                refused(answers.refused(attack.name()) - refusedBefore)));
  }

  private static String refused(long count) {
    return count == 0 ? "" : ", %,d refused by the broker".formatted(count);
  }

  /** Sends at the attack's pace. */
  @SuppressWarnings("FutureReturnValueIgnored") // The callback hears of it.
  private void send(Attack attack, Producer<byte[], byte[]> producer, long count)
      throws InterruptedException {
    long start = System.nanoTime();
    for (long i = 0; i < count; i++) {
      long due = start + (long) (i * 1e9 / attack.perSecond());
      TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
      Shot shot = attack.shots().apply(numbers.merge(attack.name(), 1L, Long::sum) - 1);
      try {
        producer.send(
            shot.record(),
            (metadata, failure) -> {
              if (failure == null) {
                SourcePosition position =
                    new SourcePosition(metadata.topic(), metadata.partition(), metadata.offset());
                answers.sent(attack.name(), shot, position);
              } else {
                answers.notSent(attack.name(), shot, failure);
              }
            });
      } catch (KafkaException e) {
        // The callback has heard of what is wrong with the record; this is the producer itself.
        out.accept(Instant.now() + " " + attack.name() + ": " + e.getMessage());
      }
    }
  }

  private void abort(Attack attack) throws InterruptedException {
    String id = "hostile-" + seed;
    try (Producer<byte[], byte[]> producer =
        producer(Map.of(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id))) {
      producer.initTransactions();
      for (int i = 0; i < TRANSACTIONS; i++) {
        producer.beginTransaction();
        send(attack, producer, attack.records() / TRANSACTIONS);
        producer.flush();
        Thread.sleep(OPEN.toMillis());
        producer.abortTransaction();
      }
    } catch (KafkaException e) {
      out.accept(Instant.now() + " " + attack.name() + ": " + e.getMessage());
    }
  }

  private boolean settle(CommittedVerdicts<byte[]> verdicts) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (answers.missing() > 0 && System.nanoTime() < deadline) {
      verdicts.requireReading();
      Thread.sleep(POLL_MILLIS);
    }
    Map<String, Answers.Tally> tallies = answers.tallies();
    tallies.forEach((attack, tally) -> out.accept("%-22s %s".formatted(attack, tally)));
    return tallies.values().stream().allMatch(Answers.Tally::isClean);
  }

  private void take(ConsumerRecord<byte[], byte[]> verdict) {
    Headers headers = verdict.headers();
    answers.verdict(
        new SourcePosition(
            kafka.topics().transactions(),
            (int) VerdictHeaders.number(headers, VerdictHeaders.SOURCE_PARTITION),
            VerdictHeaders.number(headers, VerdictHeaders.SOURCE_OFFSET)),
        VerdictCode.of(headers, verdict::value));
  }

  private Producer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(more);
    config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST_BYTES);
    config.put(ProducerConfig.LINGER_MS_CONFIG, 5);
    config.putAll(kafka.clientProperties());
    config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
