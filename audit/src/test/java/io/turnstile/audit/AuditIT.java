package io.turnstile.audit;

import static io.turnstile.audit.History.transaction;
import static io.turnstile.audit.History.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.audit.CommittedLog.Cursor;
import io.turnstile.audit.History.Input;
import io.turnstile.audit.History.Written;
import io.turnstile.clients.Topics;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Decoded;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.process.ProcessTestbed;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command against a real broker, each test with topics of its own. */
class AuditIT {

  private static final int INPUTS = 500;

  private static Testbed testbed;
  private static Admin admin;

  @TempDir private Path directory;

  private final StringWriter stdout = new StringWriter();
  private final StringWriter stderr = new StringWriter();
  private final History history = new History(true);
  private final List<LedgerEntry> ledger = new ArrayList<>();
  private String prefix;
  private TopicNames names;
  private KafkaProducer<byte[], byte[]> producer;

  @BeforeAll
  static void start() {
    testbed =
        new ProcessTestbed(
            TestbedConfig.builder()
                .kafkaOnly()
                .brokerHeap("512m")
                .baseDirectory(Path.of("target", "testbed"))
                .build());
    testbed.start();
    admin = Admin.create(Map.of("bootstrap.servers", testbed.bootstrapServers()));
  }

  @AfterAll
  static void stop() {
    admin.close();
    testbed.close();
  }

  @BeforeEach
  void createTopics(TestInfo test) throws Exception {
    prefix = test.getTestMethod().orElseThrow().getName() + ".";
    names = TopicNames.withPrefix(prefix);
    new Topics(names, History.SOURCES, History.LANES).create(admin, (short) 1);
    producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                testbed.bootstrapServers(),
                "transactional.id",
                prefix + "writer",
                "retry.backoff.ms",
                "5"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    producer.initTransactions();
    writeInputs();
  }

  @AfterEach
  void close() {
    producer.close();
  }

  @Test
  void aCorrectDeploymentPasses() throws Exception {
    decideAll();
    write(history.verdicts);
    Path out = directory.resolve("audit.json");
    Path lines = directory.resolve("ledger.csv");
    Files.write(lines, ledger.stream().map(LedgerEntry::toLine).toList());

    assertThat(audit("--out", out.toString(), "--ledger", lines.toString()))
        .as(stdout + "\n" + stderr)
        .isZero();

    assertThat(stdout.toString()).contains("PASS: 500 of 500 inputs judged");
    JsonNode json = new ObjectMapper().readTree(out.toFile());
    assertThat(json.get("passed").booleanValue()).isTrue();
    assertThat(json.get("inputs").intValue()).isEqualTo(INPUTS);
    assertThat(json.get("verdicts").intValue()).isEqualTo(INPUTS);
    assertThat(json.get("accepted").intValue()).isEqualTo(400);
    assertThat(json.get("rejected").toString()).isEqualTo("{\"TOKEN_EXPIRED\":50}");
    assertThat(json.get("dead_lettered").intValue()).isEqualTo(50);
    assertThat(json.get("violations")).isEmpty();
  }

  @Test
  void aVerdictRemovedFailsAndIsNamed() throws Exception {
    decideAll();
    Written removed = history.verdicts.remove(123);
    write(history.verdicts);
    assertThat(audit("--wait", "100ms")).isOne();
    assertThat(stdout.toString())
        .contains("missing " + VerdictHeaders.position(removed.record().headers()) + ": ")
        .contains("FAIL: ");
  }

  @Test
  void aVerdictDoubledFailsAndIsNamed() throws Exception {
    decideAll();
    Written doubled = history.verdicts.get(123);
    write(history.verdicts);
    write(List.of(doubled));
    assertThat(audit()).isOne();
    assertThat(stdout.toString())
        .contains("duplicated " + VerdictHeaders.position(doubled.record().headers()) + " [");
  }

  @Test
  void aVerdictAlteredFailsAndIsNamed() throws Exception {
    decideAll();
    Written verdict = history.verdicts.get(123);
    String value = new String(verdict.record().value(), StandardCharsets.UTF_8);
    Written altered =
        verdict.withValue(utf8(value.replace("\"received_at\":1", "\"received_at\":2")));
    history.replace(verdict, altered);
    write(history.verdicts);
    assertThat(audit()).isOne();
    assertThat(stdout.toString())
        .contains("wrong " + VerdictHeaders.position(verdict.record().headers()) + " [")
        .contains("received_at is 2");
  }

  @Test
  void verdictsThatAreNotCommittedAreWaitedFor() throws Exception {
    decideAll();
    write(history.verdicts.subList(0, 200));
    producer.beginTransaction();
    send(history.verdicts.subList(200, INPUTS));
    producer.flush();
    CountDownLatch waiting = new CountDownLatch(1);
    Thread committer =
        new Thread(
            () -> {
              try {
                assertThat(waiting.await(60, TimeUnit.SECONDS)).isTrue();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              producer.commitTransaction();
            });
    committer.start();
    AuditConfig config =
        AuditConfig.builder(testbed.bootstrapServers())
            .topics(names)
            .waitFor(Duration.ofMinutes(1))
            .build();
    KafkaLog log = new KafkaLog(config.client());
    AuditReport report = new AuditRun(config, new WatchedLog(log, waiting), null).run();
    committer.join();
    assertThat(report.violations()).isEmpty();
    assertThat(report.verdicts()).isEqualTo(INPUTS);
    assertThat(report.inFlight()).isZero();
  }

  @Test
  void verdictsDeletedByRetentionAreNotMissing() throws Exception {
    decideAll();
    write(history.verdicts);
    TopicPartition accepted = new TopicPartition(names.accepted(), 0);
    long end =
        admin
            .listOffsets(Map.of(accepted, OffsetSpec.latest()))
            .partitionResult(accepted)
            .get()
            .offset();
    admin.deleteRecords(Map.of(accepted, RecordsToDelete.beforeOffset(end - 20))).all().get();
    assertThat(audit("--wait", "100ms")).as(stdout.toString()).isZero();
    assertThat(stdout.toString())
        .containsPattern("expired +[1-9]")
        .contains("verdicts were deleted from [" + accepted + "]");
  }

  @Test
  void inputsDeletedByRetentionAreNotMissed() throws Exception {
    decideAll();
    write(history.verdicts);
    admin
        .deleteRecords(
            Map.of(new TopicPartition(names.transactions(), 1), RecordsToDelete.beforeOffset(100)))
        .all()
        .get();
    assertThat(audit()).as(stdout.toString()).isZero();
    assertThat(stdout.toString()).contains("PASS: ").doesNotContain("500 of 500");
  }

  @Test
  void whatCannotBeReadIsSaidInOneLine() throws Exception {
    prefix = "no.such.";
    assertThat(audit()).isEqualTo(2);
    assertThat(stderr.toString()).contains("no.such.transactions does not exist").hasLineCount(1);
    Path client = directory.resolve("client.properties");
    Files.writeString(client, "default.api.timeout.ms=1000\nrequest.timeout.ms=500\n");
    stderr.getBuffer().setLength(0);
    testbed.pause(TestbedProcess.BROKER);
    try {
      assertThat(audit("--client-properties", client.toString())).isEqualTo(2);
    } finally {
      testbed.resume(TestbedProcess.BROKER);
    }
    assertThat(stderr.toString()).contains("does not answer").hasLineCount(1);
  }

  private int audit(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--bootstrap-servers",
                testbed.bootstrapServers(),
                "--topic-prefix",
                prefix,
                "--dedup-window",
                "10m"));
    arguments.addAll(List.of(more));
    return new CommandLine(new AuditCommand())
        .setOut(new PrintWriter(stdout, true))
        .setErr(new PrintWriter(stderr, true))
        .execute(arguments.toArray(String[]::new));
  }

  /** Some transactions, and as many that are aborted. */
  private void writeInputs() {
    for (int i = 0; i < INPUTS; i++) {
      if (i % 100 == 0) {
        producer.beginTransaction();
      }
      byte[] value =
          i % 10 == 9
              ? utf8("{\"half\":" + i)
              : TransactionCodec.encode(transaction("t-" + i, "c-" + i % 20, i));
      sendInput(i, value);
      if (i % 100 == 99) {
        producer.commitTransaction();
        producer.beginTransaction();
        sendInput(i, utf8("aborted"));
        producer.flush();
        producer.abortTransaction();
      }
    }
  }

  private void sendInput(int i, byte[] value) {
    var record =
        new ProducerRecord<>(names.transactions(), i % History.SOURCES, utf8("c-" + i % 20), value);
    VerdictHeaders.add(record.headers(), LedgerEntry.HEADER, Integer.toString(i));
    // A commit fails if a send did.
    var unused = producer.send(record);
  }

  /** Decides as the job would; what was written is read back for its offsets and times. */
  private void decideAll() {
    KafkaLog log = new KafkaLog(Map.of("bootstrap.servers", testbed.bootstrapServers()));
    List<TopicPartition> partitions = log.partitions(names.transactions());
    Map<TopicPartition, Long> ends = log.stableEnds(partitions);
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (Cursor cursor = log.open(log.startOffsets(partitions))) {
      while (partitions.stream().anyMatch(p -> cursor.position(p) < ends.get(p))) {
        cursor.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    assertThat(records).hasSize(INPUTS);
    for (ConsumerRecord<byte[], byte[]> record : records) {
      long seq = Long.parseLong(VerdictHeaders.required(record.headers(), LedgerEntry.HEADER));
      Optional<Transaction> transaction = decoded(record);
      Input input = new Input(record, transaction.orElse(null));
      if (transaction.isEmpty()) {
        ledger.add(new LedgerEntry(seq, seq, 0, Set.of("MALFORMED_JSON")));
        history.deadLetter(input, DeadLetterCode.MALFORMED_JSON);
      } else if (seq % 10 == 5) {
        ledger.add(new LedgerEntry(seq, seq, 0, Set.of("TOKEN_EXPIRED")));
        history.reject(input, RejectionReason.TOKEN_EXPIRED);
      } else {
        ledger.add(new LedgerEntry(seq, seq, 1, Set.of("ACCEPTED")));
        history.accept(input);
      }
    }
  }

  private static Optional<Transaction> decoded(ConsumerRecord<byte[], byte[]> record) {
    return TransactionCodec.decode(record.value()) instanceof Decoded.Valid<Transaction> valid
        ? Optional.of(valid.record())
        : Optional.empty();
  }

  /** Commits verdicts, after as many that are aborted. */
  private void write(List<Written> verdicts) throws ExecutionException, InterruptedException {
    producer.beginTransaction();
    send(verdicts);
    producer.flush();
    producer.abortTransaction();
    producer.beginTransaction();
    send(verdicts);
    producer.commitTransaction();
  }

  private void send(List<Written> verdicts) {
    for (Written verdict : verdicts) {
      var unused =
          producer.send(
              new ProducerRecord<>(
                  names.verdict(verdict.topic()),
                  verdict.record().partition(),
                  verdict.record().key(),
                  verdict.record().value(),
                  verdict.record().headers()));
    }
  }

  /** Tells when a reader begins to wait: then several partitions are read at once. */
  private record WatchedLog(CommittedLog log, CountDownLatch waiting) implements CommittedLog {

    @Override
    public List<TopicPartition> partitions(String topic) {
      return log.partitions(topic);
    }

    @Override
    public Map<TopicPartition, Long> startOffsets(Collection<TopicPartition> partitions) {
      return log.startOffsets(partitions);
    }

    @Override
    public Map<TopicPartition, Long> stableEnds(Collection<TopicPartition> partitions) {
      return log.stableEnds(partitions);
    }

    @Override
    public Map<TopicPartition, Long> appendedEnds(Collection<TopicPartition> partitions) {
      return log.appendedEnds(partitions);
    }

    @Override
    public Map<TopicPartition, Long> offsetsSince(
        Collection<TopicPartition> partitions, long timestamp) {
      return log.offsetsSince(partitions, timestamp);
    }

    @Override
    public Cursor open(Map<TopicPartition, Long> from) {
      if (from.size() > 1) {
        waiting.countDown();
      }
      return log.open(from);
    }

    @Override
    public Cursor openUncommitted(Map<TopicPartition, Long> from) {
      return log.openUncommitted(from);
    }
  }
}
