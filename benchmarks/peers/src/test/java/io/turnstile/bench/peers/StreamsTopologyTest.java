package io.turnstile.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.Customer;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Outcome;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.simulator.TokenKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamsTopologyTest {

  private static final TopicNames TOPICS = TopicNames.DEFAULT;
  private final Instant start = Instant.now();
  private static final Duration WINDOW = Duration.ofHours(1);
  private static final Duration CONTENT_WINDOW = Duration.ofMinutes(10);
  private static final Duration PRODUCT_WAIT = Duration.ofSeconds(5);
  private static final Duration SHORTLY = Duration.ofMillis(100);

  @TempDir private Path directory;
  private TokenIssuer tokens;
  private TopologyTestDriver driver;

  @BeforeEach
  void start() throws Exception {
    Path jwks = directory.resolve("jwks.json");
    tokens = TokenIssuer.generate(directory.resolve("key.json"), jwks);
    Properties properties = new Properties();
    properties.put(StreamsConfig.STATE_DIR_CONFIG, directory.resolve("state").toString());
    properties.put(
        StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, StreamsPeer.BoundedRocksDb.class);
    properties.putAll(StreamsPeer.BoundedRocksDb.budget(64 << 20));
    driver =
        new TopologyTestDriver(
            StreamsTopology.of(
                TOPICS,
                new TokenSettings(
                    jwks.toString(),
                    Set.of("ES256"),
                    100,
                    Duration.ofDays(1),
                    Duration.ofMinutes(5)),
                new DedupSettings(WINDOW, CONTENT_WINDOW, Duration.ZERO),
                PRODUCT_WAIT),
            properties,
            start);
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  @Test
  void acceptedWithTheNewestVersionOfProductAndCustomer() {
    publish(product("p", 2));
    publish(product("p", 1));
    input(TOPICS.customers())
        .pipeInput(bytes("c"), CustomerCodec.encode(new Customer("c", "Name", "gold", "NL", 7, 1)));
    decide(transaction("t", "p", 5), start);
    TestRecord<byte[], byte[]> verdict = output(Outcome.ACCEPTED).readRecord();
    assertThat(new String(verdict.value(), StandardCharsets.UTF_8))
        .contains("\"version\":2", "\"segment\":\"gold\"")
        .doesNotContain("token");
    assertThat(verdict.key()).isEqualTo(bytes("c"));
    assertThat(VerdictHeaders.position(verdict.headers()).topic()).isEqualTo("transactions");
  }

  @Test
  void malformedReferenceLeavesThePreviousVersionInForce() {
    publish(product("p", 1));
    input(TOPICS.inventory()).pipeInput(bytes("p"), bytes("{"));
    decide(transaction("t", "p", 5), start);
    assertThat(output(Outcome.ACCEPTED).getQueueSize()).isOne();
  }

  @Test
  void idIsAcceptedOnceWithinTheWindow() {
    publish(product("p", 1));
    decide(transaction("t", "p", 5), start);
    decide(transaction("t", "p", 5), start.plus(WINDOW));
    decide(transaction("t", "p", 6), start.plus(WINDOW));
    decide(transaction("t", "p", 7), start.plus(WINDOW).plusMillis(1));
    assertThat(output(Outcome.ACCEPTED).getQueueSize()).isEqualTo(2);
    assertThat(nextReason()).isEqualTo("DUPLICATE_ID");
    assertThat(nextReason()).isEqualTo("ID_CONFLICT");
  }

  @Test
  void duplicateNamesTheAcceptanceThatItRepeats() {
    publish(product("p", 1));
    decide(transaction("t", "p", 5), start);
    decide(transaction("t", "p", 5), start.plusMillis(1));
    VerdictCodec.Acceptance accepted =
        VerdictCodec.decodeAcceptance(output(Outcome.ACCEPTED).readValue());
    PriorAcceptance named =
        VerdictCodec.decodeRejected(output(Outcome.REJECTED).readValue()).acceptance();
    assertThat(named)
        .isEqualTo(new PriorAcceptance(0, 0, accepted.receivedAt(), accepted.decidedAt()));
  }

  @Test
  void contentIsAcceptedOnceWithinItsWindow() {
    publish(product("p", 1));
    decide(transaction("t-1", "p", 5), start);
    decide(transaction("t-2", "p", 5), start.plus(CONTENT_WINDOW));
    decide(transaction("t-3", "p", 5), start.plus(CONTENT_WINDOW).plusMillis(1));
    assertThat(output(Outcome.ACCEPTED).getQueueSize()).isEqualTo(2);
    assertThat(nextReason()).isEqualTo("DUPLICATE_CONTENT");
  }

  @Test
  void badTokenBurnsNoId() {
    publish(product("p", 1));
    decide(transaction("t", "p", 5, TokenKind.FORGED), start);
    assertThat(nextReason()).isEqualTo("TOKEN_INVALID");
    decide(transaction("t", "p", 5), start);
    assertThat(output(Outcome.ACCEPTED).getQueueSize()).isOne();
  }

  @Test
  void deadLetterKeepsKeyAndBytesAndHasTheHeadersUnderOtherNames() {
    TestRecord<byte[], byte[]> input =
        new TestRecord<>(
            bytes("k"),
            bytes("{"),
            new RecordHeaders().add(VerdictHeaders.SOURCE_OFFSET, bytes("99")),
            start);
    input(TOPICS.transactions()).pipeInput(input);
    TestRecord<byte[], byte[]> letter = output(Outcome.DEAD_LETTER).readRecord();
    assertThat(letter.key()).isEqualTo(input.key());
    assertThat(letter.value()).isEqualTo(input.value());
    assertThat(letter.headers().headers(VerdictHeaders.SOURCE_OFFSET)).hasSize(1);
    assertThat(VerdictHeaders.position(letter.headers()).offset()).isZero();
    assertThat(VerdictHeaders.required(letter.headers(), "input.source-offset")).isEqualTo("99");
    assertThat(VerdictHeaders.required(letter.headers(), VerdictHeaders.ERROR_CODE))
        .isEqualTo("MALFORMED_JSON");
  }

  @Test
  void nullValueIsADeadLetter() {
    input(TOPICS.transactions()).pipeInput(bytes("k"), (byte[]) null, start);
    assertThat(output(Outcome.DEAD_LETTER).readRecord().value()).isNull();
  }

  @Test
  void productThatComesInTimeIsWaitedFor() {
    decide(transaction("t", "p", 5), start);
    driver.advanceWallClockTime(PRODUCT_WAIT.minus(SHORTLY));
    assertThat(output(Outcome.ACCEPTED).isEmpty()).isTrue();
    publish(product("p", 1));
    driver.advanceWallClockTime(SHORTLY);
    assertThat(output(Outcome.ACCEPTED).getQueueSize()).isOne();
    driver.advanceWallClockTime(PRODUCT_WAIT);
    assertThat(output(Outcome.REJECTED).isEmpty()).isTrue();
  }

  @Test
  void productThatDoesNotComeIsUnknown() {
    decide(transaction("t", "p", 5), start);
    driver.advanceWallClockTime(PRODUCT_WAIT);
    assertThat(nextReason()).isEqualTo("UNKNOWN_PRODUCT");
    publish(product("p", 1));
    driver.advanceWallClockTime(PRODUCT_WAIT);
    assertThat(output(Outcome.ACCEPTED).isEmpty()).isTrue();
    assertThat(size(StreamsTopology.WAITING)).isZero();
  }

  @Test
  void deletedProductIsUnknownUntilAnyVersionComes() {
    publish(product("p", 2));
    input(TOPICS.inventory()).pipeInput(bytes("p"), (byte[]) null);
    decide(transaction("t", "p", 5), start);
    driver.advanceWallClockTime(SHORTLY);
    assertThat(output(Outcome.ACCEPTED).isEmpty()).isTrue();
    publish(product("p", 1));
    driver.advanceWallClockTime(SHORTLY);
    assertThat(output(Outcome.ACCEPTED).getQueueSize()).isOne();
  }

  @Test
  void keyInQuotationMarksAndEmptyValueAreUnderstood() {
    input(TOPICS.inventory()).pipeInput(bytes("\"p\""), ProductCodec.encode(product("p", 2)));
    decide(transaction("t-1", "p", 5), start);
    assertThat(output(Outcome.ACCEPTED).getQueueSize()).isOne();
    input(TOPICS.inventory()).pipeInput(bytes("p"), new byte[0]);
    decide(transaction("t-2", "p", 6), start);
    driver.advanceWallClockTime(PRODUCT_WAIT);
    assertThat(output(Outcome.ACCEPTED).getQueueSize()).isOne();
  }

  @Test
  void whatIsBehindTheWindowsIsForgotten() {
    publish(product("p", 1));
    for (int i = 0; i < 100; i++) {
      decide(transaction("t-" + i, "p", i), start);
    }
    decide(transaction("t-new", "p", 1_000), start.plus(WINDOW).plus(Duration.ofMinutes(2)));
    for (int i = 0; i < 200; i++) {
      driver.advanceWallClockTime(SHORTLY);
    }
    assertThat(size(StreamsTopology.IDS)).isOne();
    assertThat(size(StreamsTopology.CONTENTS)).isOne();
  }

  /** It is read for everything that is stored, again and again. */
  @Test
  void storedValueBeginsWithTheTimeOfItsNewestAcceptance() {
    Instant later = start.plus(WINDOW).plusMillis(1);
    publish(product("p", 1));
    decide(transaction("t", "p", 5), start);
    decide(transaction("t", "p", 7), later);

    assertThat(output(Outcome.ACCEPTED).getQueueSize()).isEqualTo(2);
    try (KeyValueIterator<byte[], byte[]> ids =
        driver.<byte[], byte[]>getKeyValueStore(StreamsTopology.IDS).all()) {
      assertThat(ByteBuffer.wrap(ids.next().value).getLong()).isEqualTo(later.toEpochMilli());
      assertThat(ids.hasNext()).isFalse();
    }
  }

  @Test
  void whatIsWithinTheWindowsIsKeptHoweverLongNothingComes() {
    publish(product("p", 1));
    decide(transaction("t", "p", 5), start);
    for (int i = 0; i < 10; i++) {
      driver.advanceWallClockTime(WINDOW);
    }
    assertThat(size(StreamsTopology.IDS)).isOne();
  }

  private Transaction transaction(String id, String productId, long amount) {
    return transaction(id, productId, amount, TokenKind.VALID);
  }

  private Transaction transaction(String id, String productId, long amount, TokenKind token) {
    return new Transaction(id, "c", productId, 1, amount, "EUR", 1_000, tokens.token(token, "c"));
  }

  private static Product product(String id, long version) {
    return new Product(id, "Product " + id, "test", 100, "EUR", 1, version, 1);
  }

  private void publish(Product product) {
    input(TOPICS.inventory()).pipeInput(bytes(product.productId()), ProductCodec.encode(product));
  }

  private void decide(Transaction transaction, Instant receivedAt) {
    input(TOPICS.transactions())
        .pipeInput(
            bytes(transaction.customerId()), TransactionCodec.encode(transaction), receivedAt);
  }

  private String nextReason() {
    return VerdictCodec.decodeRejected(output(Outcome.REJECTED).readValue()).reason().name();
  }

  private TestInputTopic<byte[], byte[]> input(String topic) {
    return driver.createInputTopic(topic, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private TestOutputTopic<byte[], byte[]> output(Outcome outcome) {
    return driver.createOutputTopic(
        TOPICS.verdict(outcome), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private long size(String store) {
    KeyValueStore<byte[], byte[]> entries = driver.getKeyValueStore(store);
    long size = 0;
    try (KeyValueIterator<byte[], byte[]> all = entries.all()) {
      for (; all.hasNext(); all.next()) {
        size++;
      }
    }
    return size;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
