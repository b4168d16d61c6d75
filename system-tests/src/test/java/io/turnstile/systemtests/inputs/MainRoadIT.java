package io.turnstile.systemtests.inputs;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.simulator.TokenKind;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.systemtests.harness.VerdictReader;
import io.turnstile.testbed.TestbedConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainRoadIT {

  @TempDir static Path directory;

  @RegisterExtension
  static final TestbedExtension TESTBED = new TestbedExtension(TestbedConfig.defaults());

  private static Deployment turnstile;

  @BeforeAll
  static void start() throws Exception {
    turnstile = new Deployment(TESTBED.testbed(), "main.", directory);
    turnstile.publishProduct("p-1");
    turnstile.submit("--commit", "checkpoint", "--parallelism", "2", "--product-wait", "5s");
  }

  @AfterAll
  static void stop() {
    if (turnstile != null) {
      turnstile.close();
    }
  }

  // Read only.
  @SuppressWarnings("ArrayRecordComponent")
  private record Expectation(byte[] value, String result) {}

  @Test
  void everyHostileInputGetsExactlyItsVerdictAndTheJobNeverRestarts() throws Exception {
    Transaction good = turnstile.transaction("t-good", "c-hostile", "p-1", 5);
    String json = new String(TransactionCodec.encode(good), StandardCharsets.UTF_8);
    List<Expectation> expected = new ArrayList<>();
    expected.add(new Expectation(new byte[0], "MALFORMED_JSON"));
    expected.add(new Expectation(utf8(json.substring(0, json.length() / 2)), "MALFORMED_JSON"));
    expected.add(new Expectation(utf8("[" + json + "]"), "SCHEMA_VIOLATION"));
    expected.add(new Expectation(new byte[TransactionCodec.MAX_VALUE_BYTES + 1], "TOO_LARGE"));
    expected.add(
        new Expectation(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}, "MALFORMED_JSON"));
    expected.add(new Expectation(utf8(json.replace("\"EUR\"", "7")), "SCHEMA_VIOLATION"));
    expected.add(new Expectation(encoded("t-negative", -5, TokenKind.VALID), "ACCEPTED"));
    expected.add(new Expectation(encoded("t-huge", Long.MAX_VALUE, TokenKind.VALID), "ACCEPTED"));
    expected.add(new Expectation(encoded("t-unsigned", 6, TokenKind.UNSIGNED), "TOKEN_INVALID"));
    expected.add(new Expectation(encoded("t-forged", 7, TokenKind.FORGED), "TOKEN_INVALID"));
    expected.add(
        new Expectation(
            encoded("t-subject", 8, TokenKind.WRONG_SUBJECT), "TOKEN_SUBJECT_MISMATCH"));
    expected.add(
        new Expectation(encoded("t-early", 9, TokenKind.NOT_YET_VALID), "TOKEN_NOT_YET_VALID"));
    for (Expectation one : expected) {
      SourcePosition position = turnstile.send("some-key", one.value());
      VerdictReader.Verdict verdict = turnstile.verdicts().of(position);
      assertThat(verdict.result()).isEqualTo(one.result());
      if (verdict.outcome() == Outcome.DEAD_LETTER) {
        assertThat(verdict.record().value()).isEqualTo(one.value());
        assertThat(verdict.record().key()).isEqualTo(utf8("some-key"));
      }
    }

    VerdictReader.Verdict ofNull = turnstile.verdicts().of(turnstile.send("null-key", null));
    assertThat(ofNull.result()).isEqualTo("MALFORMED_JSON");
    assertThat(ofNull.record().value()).isNull();
    assertThat(ofNull.record().key()).isEqualTo(utf8("null-key"));

    assertThat(TESTBED.testbed().flink().restarts(turnstile.jobId())).isZero();
  }

  /** They would speak of somebody else's input. */
  @ParameterizedTest
  @ValueSource(strings = {"VALID", "EXPIRED", "MALFORMED"})
  void headersOfAnInputAreNeverThoseOfItsVerdict(String kind) throws Exception {
    byte[] value =
        kind.equals("MALFORMED")
            ? utf8("{")
            : TransactionCodec.encode(
                transaction("t-" + kind, "c-forger", 5, TokenKind.valueOf(kind)));
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(turnstile.topics().transactions(), 0, utf8("c-forger"), value);
    VerdictHeaders.write(
        record.headers(), new SourcePosition("forged", 77, 1_234), Outcome.ACCEPTED);
    VerdictHeaders.add(record.headers(), VerdictHeaders.LANE_SEQ, "99");
    VerdictHeaders.add(record.headers(), "else", "x");
    long offset = turnstile.producer().send(record).get().offset();

    VerdictReader.Verdict verdict =
        turnstile.verdicts().of(new SourcePosition(record.topic(), 0, offset));
    List<String> own =
        new ArrayList<>(List.of("source-topic", "source-partition", "source-offset", "outcome"));
    if (verdict.outcome() == Outcome.DEAD_LETTER) {
      own.addAll(List.of("error-code", "error-message"));
      record.headers().forEach(header -> own.add("input." + header.key()));
    }
    assertThat(verdict.record().headers())
        .extracting(Header::key)
        .containsExactlyInAnyOrderElementsOf(own);
  }

  @Test
  void otherFieldOrderIsTheSameTransaction() throws Exception {
    Transaction first = turnstile.transaction("t-order", "c-order", "p-1", 5);
    String reordered =
        "{\"token\":\"%s\",\"occurred_at\":1000,\"currency\":\"EUR\",\"amount\":5,\"quantity\":1,"
            + "\"product_id\":\"p-1\",\"customer_id\":\"c-order\",\"transaction_id\":\"t-order\"}";
    assertThat(result(turnstile.send(first))).isEqualTo("ACCEPTED");
    assertThat(result(turnstile.send("c-order", utf8(reordered.formatted(first.token())))))
        .isEqualTo("DUPLICATE_ID");
  }

  @Test
  void anIdIsBurntOnlyByItsAcceptance() throws Exception {
    byte[] expired =
        TransactionCodec.encode(transaction("t-retry", "c-retry", 5, TokenKind.EXPIRED));
    byte[] fresh = TransactionCodec.encode(transaction("t-retry", "c-retry", 5, TokenKind.VALID));
    byte[] other = TransactionCodec.encode(transaction("t-retry", "c-retry", 6, TokenKind.VALID));
    assertThat(result(turnstile.send("c-retry", expired))).isEqualTo("TOKEN_EXPIRED");
    assertThat(result(turnstile.send("c-retry", fresh))).isEqualTo("ACCEPTED");
    assertThat(result(turnstile.send("c-retry", fresh))).isEqualTo("DUPLICATE_ID");
    assertThat(result(turnstile.send("c-retry", other))).isEqualTo("ID_CONFLICT");
    assertThat(result(turnstile.send(transaction("t-retry", "c-neighbour", 5, TokenKind.VALID))))
        .isEqualTo("ACCEPTED");
    assertThat(result(turnstile.send(transaction("t-same", "c-retry", 5, TokenKind.VALID))))
        .isEqualTo("DUPLICATE_CONTENT");
  }

  @Test
  void anUnknownProductIsWaitedForAndThenTurnedAway() throws Exception {
    SourcePosition late = turnstile.send(turnstile.transaction("t-late", "c-late", "p-late", 5));
    SourcePosition never = turnstile.send(turnstile.transaction("t-never", "c-late", "p-never", 5));
    turnstile.publishProduct("p-late");
    assertThat(result(late)).isEqualTo("ACCEPTED");
    assertThat(result(never)).isEqualTo("UNKNOWN_PRODUCT");
  }

  /** The key does not matter, and the brokers unpack: clients of every kind write to the topic. */
  @ParameterizedTest
  @ValueSource(strings = {"gzip", "snappy", "lz4", "zstd"})
  void inputIsJudgedHoweverItsProducerCompressesAndKeysIt(String codec) throws Exception {
    byte[][] keys = {null, new byte[0], {(byte) 0xff, 0}, utf8("another customer")};
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            TESTBED.testbed().bootstrapServers(),
            "compression.type",
            codec,
            "linger.ms",
            100);
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (byte[] key : keys) {
        int amount = sent.size();
        Transaction transaction =
            turnstile.transaction("t-" + codec + amount, "c-" + codec, "p-1", amount);
        sent.add(
            producer.send(
                new ProducerRecord<>(
                    turnstile.topics().transactions(), key, TransactionCodec.encode(transaction))));
      }
    }
    for (Future<RecordMetadata> each : sent) {
      RecordMetadata at = each.get();
      assertThat(result(new SourcePosition(at.topic(), at.partition(), at.offset())))
          .isEqualTo("ACCEPTED");
    }
  }

  private static String result(SourcePosition position) throws Exception {
    return turnstile.verdicts().of(position).result();
  }

  private static byte[] encoded(String id, long amount, TokenKind kind) {
    return TransactionCodec.encode(transaction(id, "c-hostile", amount, kind));
  }

  private static Transaction transaction(String id, String customer, long amount, TokenKind kind) {
    return new Transaction(
        id, customer, "p-1", 1, amount, "EUR", 1_000L, turnstile.token(kind, customer));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
