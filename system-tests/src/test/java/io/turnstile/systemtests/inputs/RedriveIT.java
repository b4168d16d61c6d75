package io.turnstile.systemtests.inputs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.simulator.TokenKind;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.Redrive;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.systemtests.harness.VerdictReader;
import io.turnstile.testbed.TestbedConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What is turned away keeps what is needed to send it anew, and is sent anew once. */
@Tag("extended")
class RedriveIT {

  @RegisterExtension
  static final TestbedExtension TESTBED = new TestbedExtension(TestbedConfig.defaults());

  @TempDir Path directory;
  private Deployment turnstile;

  @BeforeEach
  void start() throws Exception {
    turnstile = new Deployment(TESTBED.testbed(), "redrive.", directory);
    turnstile.submit("--commit", "journal", "--product-wait", "1s", "--max-wait", "2s");
  }

  @AfterEach
  void stop() {
    turnstile.close();
  }

  @Test
  void whatWasTurnedAwayIsSentAnewOnceItsCauseIsGoneAndOnlyOnce() throws Exception {
    Headers trace = new RecordHeaders().add("traceparent", utf8("00-1"));
    SourcePosition broken = send(utf8("{not json"), flood(trace));
    SourcePosition expired =
        send(
            TransactionCodec.encode(
                turnstile
                    .transaction("t-expired", "c", "p-late", 1)
                    .withToken(turnstile.token(TokenKind.EXPIRED, "c"))),
            trace);
    SourcePosition unavailable;
    try (KafkaProducer<byte[], byte[]> foreign = transactionalProducer("publisher")) {
      foreign.initTransactions();
      foreign.beginTransaction();
      foreign.send(product("p-late")).get();
      unavailable =
          send(TransactionCodec.encode(turnstile.transaction("t-1", "c", "p-late", 1)), trace);
      assertThat(resultOf(unavailable)).isEqualTo("REFERENCE_UNAVAILABLE");
      foreign.commitTransaction();
    }
    assertThat(resultOf(expired)).isEqualTo("TOKEN_EXPIRED");
    assertDeadLetterHasTheHeaders(turnstile.verdicts().of(broken));

    assertThat(redrive("rejected", "--dry-run").get("redriven").longValue()).isOne();
    assertThat(redriven()).isEmpty();

    JsonNode first;
    try (KafkaProducer<byte[], byte[]> killed = halfWayThrough(unavailable)) {
      first = redrive("rejected");
      assertThatThrownBy(killed::commitTransaction).isInstanceOf(KafkaException.class);
    }
    assertThat(first.get("redriven_by_code").toString()).isEqualTo("{\"REFERENCE_UNAVAILABLE\":1}");
    assertThat(first.get("not_redriven").toString()).isEqualTo("{\"TOKEN_EXPIRED\":1}");
    assertThat(first.get("unsent").get(0).get("origin").textValue()).isEqualTo(expired.toString());
    ConsumerRecord<byte[], byte[]> anew = redriven().get(0);
    assertThat(anew.partition()).isEqualTo(unavailable.partition());
    assertThat(anew.headers())
        .isEqualTo(
            new RecordHeaders()
                .add("traceparent", utf8("00-1"))
                .add(InputHeaders.REDRIVE_OF, utf8(unavailable.toString()))
                .add(InputHeaders.FIRST_RECEIVED_AT, utf8(Long.toString(receivedAt(unavailable)))));
    assertThat(resultOf(new SourcePosition(anew.topic(), anew.partition(), anew.offset())))
        .isEqualTo("ACCEPTED");

    JsonNode second = redrive("rejected");
    assertThat(second.get("redriven").longValue()).isZero();
    assertThat(second.get("already_redriven").longValue()).isOne();
    JsonNode letters = redrive("dead-letter");
    assertThat(letters.get("not_redriven").toString()).isEqualTo("{\"UNREADABLE\":1}");
    assertThat(redriven()).hasSize(1);
    assertThat(turnstile.audit(null).inputs()).isEqualTo(4);
    assertThat(TESTBED.testbed().flink().restarts(turnstile.jobId())).isZero();
  }

  /** A hundred headers of a KiB each, behind those. */
  private static Headers flood(Headers first) {
    Headers headers = new RecordHeaders(first);
    VerdictHeaders.add(headers, VerdictHeaders.SOURCE_OFFSET, "77");
    for (int i = 0; i < 100; i++) {
      headers.add("big", new byte[1 << 10]);
    }
    return headers;
  }

  private static void assertDeadLetterHasTheHeaders(VerdictReader.Verdict verdict)
      throws Exception {
    assertThat(verdict.result()).isEqualTo("MALFORMED_JSON");
    Headers headers = verdict.record().headers();
    assertThat(VerdictHeaders.required(headers, "input.traceparent")).isEqualTo("00-1");
    assertThat(VerdictHeaders.required(headers, "input.source-offset")).isEqualTo("77");
    assertThat(headers.headers("input.big")).hasSize(63);
    assertThat(VerdictHeaders.number(headers, InputHeaders.DROPPED)).isEqualTo(37);
  }

  private SourcePosition send(byte[] value, Headers headers) throws Exception {
    RecordMetadata sent =
        turnstile
            .producer()
            .send(
                new ProducerRecord<>(
                    turnstile.topics().transactions(), null, utf8("c"), value, headers))
            .get();
    return new SourcePosition(sent.topic(), sent.partition(), sent.offset());
  }

  private ProducerRecord<byte[], byte[]> product(String id) {
    return new ProducerRecord<>(
        turnstile.topics().inventory(),
        utf8(id),
        ProductCodec.encode(new Product(id, "Product", "test", 100, "EUR", 1, 1, 1)));
  }

  /** A run that has sent an input anew, and may be dead or not before it commits. */
  private KafkaProducer<byte[], byte[]> halfWayThrough(SourcePosition origin) throws Exception {
    KafkaProducer<byte[], byte[]> run =
        transactionalProducer(turnstile.topics().transactions() + "-redrive");
    run.initTransactions();
    run.beginTransaction();
    Headers headers = new RecordHeaders();
    VerdictHeaders.add(headers, InputHeaders.REDRIVE_OF, origin.toString());
    run.send(
            new ProducerRecord<>(
                origin.topic(), origin.partition(), utf8("c"), utf8("{}"), headers))
        .get();
    return run;
  }

  private static KafkaProducer<byte[], byte[]> transactionalProducer(String id) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", bootstrapServers(), "transactional.id", id),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private JsonNode redrive(String from, String... more) throws Exception {
    return Redrive.run(turnstile, directory, from, more);
  }

  /** The inputs that name an origin. */
  private List<ConsumerRecord<byte[], byte[]>> redriven() {
    List<ConsumerRecord<byte[], byte[]>> redriven = new ArrayList<>();
    try (CommittedVerdicts<byte[]> inputs =
        new CommittedVerdicts<>(
            CommittedVerdicts.consumer(Map.of("bootstrap.servers", bootstrapServers())),
            List.of(turnstile.topics().transactions()))) {
      inputs.seekToBeginning();
      inputs.readToEnd(
          Deployment.PATIENCE,
          batch ->
              batch.stream()
                  .filter(each -> each.headers().lastHeader(InputHeaders.REDRIVE_OF) != null)
                  .forEach(redriven::add));
    }
    return redriven;
  }

  private long receivedAt(SourcePosition rejected) throws Exception {
    return VerdictCodec.decodeRejected(turnstile.verdicts().of(rejected).record().value())
        .receivedAt();
  }

  private String resultOf(SourcePosition position) throws Exception {
    return turnstile.verdicts().of(position).result();
  }

  private static String bootstrapServers() {
    return TESTBED.testbed().bootstrapServers();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }
}
