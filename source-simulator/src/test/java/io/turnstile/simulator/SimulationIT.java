package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.clients.Topics;
import io.turnstile.events.Decoded;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictCodec;
import io.turnstile.simulator.command.SimulateCommand;
import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.process.ProcessTestbed;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** One broker for all tests; each has its own topics. */
class SimulationIT {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /** Not a temporary directory of JUnit's: logs of a failed start are to stay. */
  private static final Path BASE = Path.of("target", "testbed");

  @TempDir private static Path keys;
  @TempDir private Path dir;

  private static Testbed testbed;
  private static TokenIssuer tokens;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void start() throws IOException {
    testbed =
        new ProcessTestbed(
            TestbedConfig.builder().baseDirectory(BASE).flink(false).brokerHeap("512m").build());
    testbed.start();
    tokens = TokenIssuer.generate(keys.resolve("key.json"), keys.resolve("jwks.json"));
  }

  @AfterAll
  static void leavesNothingBehind() {
    testbed.close();
    LeakCheck.assertNothingLeft();
  }

  @Test
  void generatedRecordsAreInTheTopicsAsTheLedgerSays() throws Exception {
    KafkaConnection connection = connection("generated-");
    Path ledger = dir.resolve("ledger.csv");
    Path summary = dir.resolve("summary.json");

    int exitCode =
        execute(
            "generate",
            "--bootstrap-servers",
            testbed.bootstrapServers(),
            "--topic-prefix",
            "generated-",
            "--signing-key",
            keys.resolve("key.json").toString(),
            "--rate",
            "0",
            "--count",
            "20000",
            "--customers",
            "500",
            "--products",
            "300",
            "--too-large",
            "0.0005",
            "--ledger",
            ledger.toString(),
            "--out",
            summary.toString());

    assertThat(exitCode).as(err.toString()).isZero();
    assertThat(out.toString()).startsWith("sent 20,000 transactions");
    assertThat(Files.readString(summary)).contains("\"acknowledged\" : 20000", "\"failures\" : 0");
    Map<Long, LedgerEntry> entries =
        Files.readAllLines(ledger).stream()
            .map(LedgerEntry::parse)
            .collect(Collectors.toMap(LedgerEntry::seq, entry -> entry));
    Map<Long, Integer> seqs = new HashMap<>();
    List<String> wrong = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : readAll(connection, "transactions")) {
      long seq =
          Long.parseLong(
              new String(
                  record.headers().lastHeader(LedgerEntry.HEADER).value(), StandardCharsets.UTF_8));
      seqs.merge(seq, 1, Integer::sum);
      Decoded<Transaction> decoded = TransactionCodec.decode(record.value());
      boolean asSaid =
          decoded instanceof Decoded.Invalid<Transaction> invalid
              ? entries.get(seq).allowed().contains(invalid.code().name())
              : ((Decoded.Valid<Transaction>) decoded)
                  .record()
                  .customerId()
                  .equals(new String(record.key(), StandardCharsets.UTF_8));
      if (!asSaid || record.timestampType() != TimestampType.LOG_APPEND_TIME) {
        wrong.add(record.partition() + "/" + record.offset());
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(seqs)
        .containsOnlyKeys(LongStream.range(0, 20_000).boxed().toList())
        .allSatisfy((seq, times) -> assertThat(times).isOne());
    assertThat(readAll(connection, "customers")).hasSize(500);
    assertThat(
            readAll(connection, "inventory").stream()
                .filter(record -> record.value() != null)
                .map(record -> ProductCodec.decode(record.value())))
        .hasSizeGreaterThan(300)
        .allSatisfy(product -> assertThat(product).isInstanceOf(Decoded.Valid.class));
  }

  @Test
  void onlyCommittedRejectionsAreSentAgain() throws Exception {
    KafkaConnection connection = connection("retried-");
    Map<Long, SourcePosition> positions = new ConcurrentHashMap<>();
    GeneratorOptions generator =
        new GeneratorOptions()
            .customers(10)
            .products(10)
            .share(Kind.EXPIRED, 1)
            .publishReference(false);
    Simulation simulation =
        new Simulation(
            connection,
            new Generator(generator),
            tokens,
            new SimulationOptions().count(2).retry(true).retryWait(TIMEOUT),
            (seq, intendedNanos, position) -> positions.put(seq, position));
    CompletableFuture<SimulationSummary> run = new CompletableFuture<>();
    Thread runner =
        new Thread(
            () -> {
              try {
                run.complete(simulation.run());
              } catch (IOException | InterruptedException | RuntimeException e) {
                run.completeExceptionally(e);
              }
            });
    runner.start();
    await().atMost(TIMEOUT).until(() -> positions.size() == 2 || run.isDone());

    List<Transaction> expired = transactions(connection);
    assertThat(expired).hasSize(2);
    try (Producer<byte[], byte[]> job = transactionalProducer()) {
      job.initTransactions();
      job.beginTransaction();
      reject(job, connection, expired.get(0), RejectionReason.DUPLICATE_ID);
      job.flush();
      job.abortTransaction();
      job.beginTransaction();
      reject(job, connection, expired.get(1), RejectionReason.TOKEN_EXPIRED);
      job.flush();
      job.abortTransaction();
      job.beginTransaction();
      reject(job, connection, expired.get(0), RejectionReason.TOKEN_EXPIRED);
      job.commitTransaction();
      await().atMost(TIMEOUT).until(() -> positions.size() >= 3 || run.isDone());
      assertThat(transactions(connection))
          .filteredOn(t -> t.transactionId().equals(expired.get(0).transactionId()))
          .hasSize(2);
      assertThat(transactions(connection))
          .filteredOn(t -> t.transactionId().equals(expired.get(1).transactionId()))
          .hasSize(1);
      job.beginTransaction();
      reject(job, connection, expired.get(1), RejectionReason.TOKEN_EXPIRED);
      job.commitTransaction();
    }

    SimulationSummary summary = run.join();
    assertThat(summary.sentByKind()).containsEntry("RETRY", 2L);
    assertThat(summary.succeeded()).isTrue();
    assertThat(transactions(connection)).hasSize(4);
    runner.join();
  }

  @Test
  void inventoryAndCustomersGoOutAlone() throws Exception {
    KafkaConnection connection = connection("alone-");
    String[] options = {
      "--bootstrap-servers", testbed.bootstrapServers(),
      "--topic-prefix", "alone-",
      "--records", "250",
      "--page-size", "100",
      "--increments", "50",
      "--rate", "0",
      "--quiet"
    };

    assertThat(execute("inventory", options)).isZero();
    assertThat(execute("customers", options)).isZero();

    assertThat(readAll(connection, "inventory")).hasSize(300);
    assertThat(readAll(connection, "customers")).hasSize(300);
    assertThat(readAll(connection, "transactions")).isEmpty();
  }

  @Test
  void missingTopicIsNamed() {
    int exitCode =
        execute(
            "customers",
            "--bootstrap-servers",
            testbed.bootstrapServers(),
            "--topic-prefix",
            "nowhere-");

    assertThat(exitCode).isEqualTo(1);
    assertThat(err.toString()).contains("a topic is missing", "nowhere-customers").hasLineCount(1);
  }

  private static KafkaConnection connection(String prefix) throws Exception {
    TopicNames topics = TopicNames.withPrefix(prefix);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", testbed.bootstrapServers()))) {
      new Topics(topics, 2, 2).create(admin, (short) 1);
    }
    return new KafkaConnection(testbed.bootstrapServers(), Map.of(), topics);
  }

  private static List<Transaction> transactions(KafkaConnection connection) {
    return readAll(connection, "transactions").stream()
        .map(record -> TransactionCodec.decode(record.value()))
        .map(decoded -> ((Decoded.Valid<Transaction>) decoded).record())
        .toList();
  }

  /** Everything in a topic now. */
  private static List<ConsumerRecord<byte[], byte[]>> readAll(
      KafkaConnection connection, String topic) {
    String name =
        connection.topics().inputs().stream()
            .filter(input -> input.endsWith(topic))
            .findFirst()
            .orElseThrow();
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (Consumer<byte[], byte[]> consumer = connection.newConsumer()) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(name).stream()
              .map(partition -> new TopicPartition(name, partition.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return records;
  }

  private static Producer<byte[], byte[]> transactionalProducer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", testbed.bootstrapServers(), "transactional.id", "job"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static void reject(
      Producer<byte[], byte[]> job,
      KafkaConnection connection,
      Transaction transaction,
      RejectionReason reason) {
    Rejected rejected =
        new Rejected(transaction.transactionId(), transaction.customerId(), reason, "why", 1, 2);
    var unused =
        job.send(
            new ProducerRecord<>(connection.topics().rejected(), VerdictCodec.encode(rejected)));
  }

  private int execute(String command, String... options) {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.add(0, command);
    return new CommandLine(new SimulateCommand())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments.toArray(String[]::new));
  }
}
