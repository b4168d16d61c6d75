package io.turnstile.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.audit.AuditReport;
import io.turnstile.clients.JobSubmission;
import io.turnstile.clients.Topics;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.simulator.TokenKind;
import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.Testbed;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One deployment of the job on a testbed: its topics (behind a prefix of its own, so that
 * deployments can share the testbed), its keys, a producer, a reader of its verdicts.
 */
final class Deployment implements AutoCloseable {

  static final int LANES = 4;
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** As many copies of a topic as the testbed's brokers keep. */
  private static final short BROKERS_DEFAULT = -1;

  private final Testbed testbed;
  private final TopicNames topics;
  private final String prefix;
  private final Path jwks;
  private final TokenIssuer issuer;
  private final KafkaProducer<byte[], byte[]> producer;
  private final VerdictReader verdicts;
  private String jobId;

  /** Creates topics and keys; the job is not submitted yet. */
  Deployment(Testbed testbed, String prefix, Path directory) throws Exception {
    this.testbed = testbed;
    this.prefix = prefix;
    this.topics = TopicNames.withPrefix(prefix);
    Files.createDirectories(directory);
    this.jwks = testbed.files().resolve(prefix + "jwks.json");
    this.issuer = TokenIssuer.generate(directory.resolve(prefix + "signing-key.json"), jwks);
    createTopics();
    this.producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                testbed.bootstrapServers(),
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                5 << 20),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    this.verdicts = new VerdictReader(testbed.bootstrapServers(), topics, LANES);
  }

  void createTopics() throws Exception {
    try (Admin admin = admin()) {
      new Topics(topics, LANES, LANES).create(admin, BROKERS_DEFAULT);
    }
  }

  Admin admin() {
    Properties properties = new Properties();
    properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, testbed.bootstrapServers());
    return Admin.create(properties);
  }

  /** Submits the job and waits until all its tasks run. */
  Deployment submit(String... extraArguments) {
    return submit(submission(extraArguments));
  }

  Deployment submit(JobSubmission submission) {
    start(submission);
    testbed.flink().awaitRunning(jobId, PATIENCE);
    return this;
  }

  /** Submits the job and does not wait. */
  void start(JobSubmission submission) {
    jobId = testbed.flink().submit(submission);
  }

  JobSubmission submission(String... extraArguments) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--bootstrap-servers",
                testbed.bootstrapServersForJobs(),
                "--topic-prefix",
                prefix,
                "--group-id",
                groupId(),
                "--jwks",
                jwks.toString(),
                "--lanes",
                Integer.toString(LANES)));
    arguments.addAll(List.of(extraArguments));
    return Distribution.turnstileJob(arguments);
  }

  TopicNames topics() {
    return topics;
  }

  String groupId() {
    return prefix + "turnstile";
  }

  Path jwks() {
    return jwks;
  }

  String jobId() {
    return jobId;
  }

  Testbed testbed() {
    return testbed;
  }

  VerdictReader verdicts() {
    return verdicts;
  }

  TokenIssuer issuer() {
    return issuer;
  }

  String token(TokenKind kind, String customerId) {
    return issuer.token(kind, customerId);
  }

  /** A valid transaction, of a product that {@link #publishProduct} should have made known. */
  Transaction transaction(String id, String customerId, String productId, long amount) {
    return new Transaction(
        id, customerId, productId, 1, amount, "EUR", 1_000L, token(TokenKind.VALID, customerId));
  }

  SourcePosition send(Transaction transaction) throws Exception {
    return send(transaction.customerId(), TransactionCodec.encode(transaction));
  }

  SourcePosition send(String key, byte[] value) throws Exception {
    RecordMetadata sent =
        producer
            .send(
                new ProducerRecord<>(
                    topics.transactions(),
                    key == null ? null : key.getBytes(StandardCharsets.UTF_8),
                    value))
            .get();
    return new SourcePosition(sent.topic(), sent.partition(), sent.offset());
  }

  /** Records of no use, to move offsets on. */
  void sendToEveryPartition(int count) throws Exception {
    for (int partition = 0; partition < LANES; partition++) {
      for (int i = 0; i < count; i++) {
        producer
            .send(new ProducerRecord<>(topics.transactions(), partition, null, new byte[] {'x'}))
            .get();
      }
    }
  }

  void publishProduct(String productId) throws Exception {
    publishProduct(new Product(productId, "Product " + productId, "test", 100, "EUR", 1, 1, 1));
  }

  void publishProduct(Product product) throws Exception {
    producer
        .send(
            new ProducerRecord<>(
                topics.inventory(),
                product.productId().getBytes(StandardCharsets.UTF_8),
                ProductCodec.encode(product)))
        .get();
  }

  /** Checks that every input has the verdict that it must have by the ledger. */
  AuditReport audit(Path ledger) throws Exception {
    AuditReport report =
        new Audit(
                AuditConfig.builder(testbed.bootstrapServers())
                    .topics(topics)
                    .ledger(ledger)
                    .waitFor(PATIENCE)
                    .build())
            .run();
    assertThat(report.passed()).as(report.toText(20)).isTrue();
    assertThat(report.inFlight()).isZero();
    return report;
  }

  KafkaProducer<byte[], byte[]> producer() {
    return producer;
  }

  /** Cancels the job if it still runs. */
  @Override
  public void close() {
    try {
      if (jobId != null && !testbed.flink().job(jobId).isTerminal()) {
        testbed.flink().cancel(jobId);
      }
    } finally {
      verdicts.close();
      producer.close(Duration.ZERO);
    }
  }
}
