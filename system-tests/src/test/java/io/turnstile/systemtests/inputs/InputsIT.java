package io.turnstile.systemtests.inputs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.Topics;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.simulator.TokenKind;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.Load;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.systemtests.harness.VerdictReader;
import io.turnstile.testbed.TestbedConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Inputs that come in unusual ways, and what changes about them while the job runs. */
@Tag("extended")
class InputsIT {

  private static final int MORE_PARTITIONS = 10;
  private static final int HEADER_BOMBS = 32;

  /** Of two bytes each, in one record of the transactions topic. */
  private static final int MOST_HEADERS = (Topics.MAX_INPUT_BYTES - 200) / 2;

  private static final Duration DEDUP_WINDOW = Duration.ofSeconds(3);
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Its broker may pause for as long as Kafka's own default allows: it unpacks what it refuses, and
   * without a lead it forgets commits (KAFKA-20734), which is no matter of these tests.
   */
  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfig.builder()
              .brokerConfig(Map.of("broker.session.timeout.ms", "9000"))
              .build());

  @TempDir Path directory;
  private Deployment turnstile;

  @AfterEach
  void stop() {
    if (turnstile != null) {
      turnstile.close();
    }
  }

  @Test
  void garbageAtTheHeadOfEveryPartitionHoldsNothingUp() throws Exception {
    deploy("garbage.");
    turnstile.sendToEveryPartition(1);
    SourcePosition behind = send("t-1");
    turnstile.submit();
    assertThat(resultOf(behind)).isEqualTo("ACCEPTED");
    for (int partition = 0; partition < Deployment.LANES; partition++) {
      assertThat(resultOf(new SourcePosition(turnstile.topics().transactions(), partition, 0)))
          .isEqualTo("MALFORMED_JSON");
    }
  }

  @Test
  void clockOfTheSenderDoesNotMatter() throws Exception {
    deploy("clock.");
    turnstile.submit();
    for (Duration off : List.of(Duration.ofDays(-1), Duration.ofDays(1))) {
      RecordMetadata sent = sendAt(Instant.now().plus(off), "t" + off.toDays());
      VerdictReader.Verdict verdict = turnstile.verdicts().of(position(sent));
      assertThat(verdict.result()).isEqualTo("ACCEPTED");
      assertThat(verdict.json().get("received_at").longValue())
          .isEqualTo(sent.timestamp())
          .isBetween(Instant.now().minus(Duration.ofHours(1)).toEpochMilli(), nowMillis());
    }
  }

  @Test
  void openTransactionOfASenderHoldsBackWhatIsBehindItUntilItEndsAndTheJobSaysSo()
      throws Exception {
    deploy("foreign.");
    turnstile.submit("--commit", "journal", "--product-wait", "1s");
    try (KafkaProducer<byte[], byte[]> foreign = transactionalProducer()) {
      foreign.initTransactions();
      foreign.beginTransaction();
      SourcePosition open = sendBy(foreign, "t-1");
      SourcePosition behind = send("t-2");
      // Has been read, and its wait for a product is over, when nothing of the others is to be
      // seen.
      SourcePosition elsewhere = sendElsewhere(behind);
      assertThat(resultOf(elsewhere)).isEqualTo("UNKNOWN_PRODUCT");
      assertThat(turnstile.verdicts().has(open)).isFalse();
      assertThat(turnstile.verdicts().has(behind)).isFalse();
      await()
          .atMost(Deployment.PATIENCE)
          .until(
              () ->
                  Files.readString(TESTBED.testbed().logs().resolve("jobmanager.log"))
                      .contains(
                          "%s-%d is held back at offset %d for"
                              .formatted(open.topic(), open.partition(), open.offset())));
      foreign.commitTransaction();
      assertThat(resultOf(open)).isEqualTo("ACCEPTED");
      assertThat(resultOf(behind)).isEqualTo("ACCEPTED");

      foreign.beginTransaction();
      SourcePosition aborted = sendBy(foreign, "t-3");
      foreign.abortTransaction();
      assertThat(resultOf(send("t-3"))).isEqualTo("ACCEPTED");
      assertThat(turnstile.verdicts().has(aborted)).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"checkpoint", "journal"})
  void partitionsAddedUnderLoadAreReadFromTheirFirstRecord(String commit) throws Exception {
    deploy("grown-" + commit + ".");
    turnstile.submit("--commit", commit, "--checkpoint-interval", "500ms");
    Path ledger = directory.resolve("ledger.csv");
    GeneratorOptions mix = new GeneratorOptions().mixed().customers(200).products(200).rate(500);
    Load load = Load.start(turnstile, ledger, mix);
    try {
      load.awaitVerdicts(500);
      try (Admin admin = turnstile.admin()) {
        admin
            .createPartitions(
                Map.of(
                    turnstile.topics().transactions(), NewPartitions.increaseTo(MORE_PARTITIONS)))
            .all()
            .get();
      }
      List<SourcePosition> first = new ArrayList<>();
      for (int partition = Deployment.LANES; partition < MORE_PARTITIONS; partition++) {
        first.add(position(sendTo(partition, "first-" + partition)));
      }
      long start = System.nanoTime();
      for (SourcePosition position : first) {
        assertThat(position.offset()).isZero();
        assertThat(resultOf(position)).isEqualTo("ACCEPTED");
      }
      System.out.printf(
          "new partitions had their verdicts after %.1f s%n", (System.nanoTime() - start) / 1e9);
      load.awaitVerdicts(500);
      load.stopAndAudit();
    } finally {
      load.stop();
    }
  }

  /** A header takes two bytes in the log, and 74 times as much in the memory of who reads it. */
  @Test
  void recordsOfNothingButHeadersHoldNothingUp() throws Exception {
    deploy("headers.");
    turnstile.submit();
    Path ledger = directory.resolve("ledger.csv");
    GeneratorOptions mix = new GeneratorOptions().mixed().customers(200).products(200).rate(500);
    Load load = Load.start(turnstile, ledger, mix);
    try (KafkaProducer<byte[], byte[]> compressing = compressingProducer()) {
      load.awaitVerdicts(500);
      assertThatThrownBy(() -> compressing.send(headersOnly(0, 2_000_000)).get())
          .hasCauseInstanceOf(RecordTooLargeException.class);
      List<SourcePosition> sent = new ArrayList<>();
      for (int i = 0; i < HEADER_BOMBS; i++) {
        int partition = i % Deployment.LANES;
        sent.add(position(compressing.send(headersOnly(partition, MOST_HEADERS)).get()));
      }
      for (SourcePosition position : sent) {
        assertThat(resultOf(position)).isEqualTo("MALFORMED_JSON");
      }
      load.awaitVerdicts(500);
      load.stopAndAudit();
      assertThat(flink().failures(turnstile.jobId())).isEmpty();
    } finally {
      load.stop();
    }
  }

  @Test
  void keysAreRotatedWhileTheJobRuns() throws Exception {
    deploy("rotated.");
    turnstile.submit("--key-refresh", "1s");
    Path newKeys = directory.resolve("new-jwks.json");
    TokenIssuer newIssuer = TokenIssuer.generate(directory.resolve("new-key.json"), newKeys);
    TokenIssuer oldIssuer = turnstile.issuer();
    assertThat(resultOf(send("old", oldIssuer))).isEqualTo("ACCEPTED");
    assertThat(resultOf(send("unknown", newIssuer))).isEqualTo("TOKEN_INVALID");

    publish(turnstile.jwks(), newKeys);
    awaitResult("ACCEPTED", "new", newIssuer);
    assertThat(resultOf(send("still-old", oldIssuer))).isEqualTo("ACCEPTED");

    publish(newKeys);
    awaitResult("TOKEN_INVALID", "gone", oldIssuer);
    assertThat(resultOf(send("still-new", newIssuer))).isEqualTo("ACCEPTED");
    assertThat(flink().failures(turnstile.jobId())).isEmpty();
  }

  @Test
  void windowEndsAtTheSameTimeForInputsThatWaitedForARestart() throws Exception {
    deploy("window.");
    String[] arguments = {
      "--dedup-window", DEDUP_WINDOW.toSeconds() + "s", "--content-dedup", "off"
    };
    turnstile.submit(arguments);
    RecordMetadata first = sendAt(Instant.now(), "t-1");
    List<RecordMetadata> repeats = new ArrayList<>();
    repeats.add(sendAt(Instant.now(), "t-1"));
    assertThat(resultOf(position(first))).isEqualTo("ACCEPTED");
    String savepoint = flink().stopWithSavepoint(turnstile.jobId(), Duration.ofSeconds(30));
    // The windows count from what is accepted: one beyond the first's begins the next.
    await()
        .atMost(Deployment.PATIENCE)
        .pollInterval(Duration.ofMillis(250))
        .until(
            () -> {
              RecordMetadata repeat = sendAt(Instant.now(), "t-1");
              repeats.add(repeat);
              return apart(first, repeat).compareTo(DEDUP_WINDOW.multipliedBy(2)) > 0;
            });
    turnstile.submit(turnstile.submission(arguments).restoredFrom(savepoint));
    RecordMetadata accepted = first;
    int acceptedAgain = 0;
    for (RecordMetadata repeat : repeats) {
      boolean inside = apart(accepted, repeat).compareTo(DEDUP_WINDOW) <= 0;
      assertThat(resultOf(position(repeat)))
          .as("%s after the last acceptance", apart(accepted, repeat))
          .isEqualTo(inside ? "DUPLICATE_ID" : "ACCEPTED");
      if (!inside) {
        accepted = repeat;
        acceptedAgain++;
      }
    }
    assertThat(acceptedAgain).isPositive().isLessThan(repeats.size());
  }

  private void deploy(String prefix) throws Exception {
    turnstile = new Deployment(TESTBED.testbed(), prefix, directory);
    turnstile.publishProduct("p-1");
  }

  /** All of one customer, so of one partition. */
  private SourcePosition send(String id) throws Exception {
    return turnstile.send(turnstile.transaction(id, "c", "p-1", amountOf(id)));
  }

  /** Each of a customer of its own: a token that was seen before is not checked again. */
  private SourcePosition send(String id, TokenIssuer issuer) throws Exception {
    Transaction transaction = turnstile.transaction(id, "c-" + id, "p-1", 1);
    return turnstile.send(
        transaction.withToken(issuer.token(TokenKind.VALID, transaction.customerId())));
  }

  private static long amountOf(String id) {
    return id.hashCode();
  }

  private SourcePosition sendBy(KafkaProducer<byte[], byte[]> foreign, String id) throws Exception {
    RecordMetadata sent = foreign.send(record(null, null, id)).get();
    return position(sent);
  }

  /** To another partition than that, for a product that does not exist. */
  private SourcePosition sendElsewhere(SourcePosition taken) throws Exception {
    int partition = (taken.partition() + 1) % Deployment.LANES;
    Transaction transaction = turnstile.transaction("t-0", "c-0", "p-none", 1);
    return position(
        turnstile
            .producer()
            .send(
                new ProducerRecord<>(
                    turnstile.topics().transactions(),
                    partition,
                    null,
                    TransactionCodec.encode(transaction)))
            .get());
  }

  private RecordMetadata sendTo(int partition, String id) throws Exception {
    return turnstile.producer().send(record(partition, null, id)).get();
  }

  private RecordMetadata sendAt(Instant senderTime, String id) throws Exception {
    return turnstile.producer().send(record(null, senderTime.toEpochMilli(), id)).get();
  }

  private ProducerRecord<byte[], byte[]> record(Integer partition, Long time, String id)
      throws Exception {
    return new ProducerRecord<>(
        turnstile.topics().transactions(),
        partition,
        time,
        "c".getBytes(StandardCharsets.UTF_8),
        TransactionCodec.encode(turnstile.transaction(id, "c", "p-1", amountOf(id))));
  }

  private KafkaProducer<byte[], byte[]> transactionalProducer() {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            TESTBED.testbed().bootstrapServers(),
            "transactional.id",
            "somebody-else"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  /** What it sends is small on the way, and as large as it can be in the log. */
  private KafkaProducer<byte[], byte[]> compressingProducer() {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            TESTBED.testbed().bootstrapServers(),
            "compression.type",
            "gzip",
            "max.request.size",
            8 << 20),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private ProducerRecord<byte[], byte[]> headersOnly(int partition, int count) {
    Header empty = new RecordHeader("", new byte[0]);
    return new ProducerRecord<byte[], byte[]>(
        turnstile.topics().transactions(),
        partition,
        null,
        new byte[] {'x'},
        Collections.nCopies(count, empty));
  }

  private String resultOf(SourcePosition position) throws Exception {
    return turnstile.verdicts().of(position).result();
  }

  /** Sends transactions until one comes out like that. */
  private void awaitResult(String result, String id, TokenIssuer issuer) {
    int[] number = {0};
    await()
        .atMost(Deployment.PATIENCE)
        .until(() -> resultOf(send(id + number[0]++, issuer)).equals(result));
  }

  /** Makes the keys of these files the ones that the job reads. */
  private void publish(Path... files) throws IOException {
    ObjectNode all = JSON.createObjectNode();
    ArrayNode keys = all.putArray("keys");
    for (Path file : files) {
      JSON.readTree(file.toFile()).get("keys").forEach(keys::add);
    }
    Path next = directory.resolve("jwks-to-be");
    JSON.writeValue(next.toFile(), all);
    Files.move(next, turnstile.jwks(), StandardCopyOption.REPLACE_EXISTING);
  }

  private static SourcePosition position(RecordMetadata sent) {
    return new SourcePosition(sent.topic(), sent.partition(), sent.offset());
  }

  private static Duration apart(RecordMetadata one, RecordMetadata other) {
    return Duration.ofMillis(Math.abs(other.timestamp() - one.timestamp()));
  }

  private static long nowMillis() {
    return Instant.now().toEpochMilli();
  }

  private static FlinkRest flink() {
    return TESTBED.testbed().flink();
  }
}
