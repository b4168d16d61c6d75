package io.turnstile.systemtests.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.audit.AuditReport;
import io.turnstile.clients.JobSubmission;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.simulator.TokenKind;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TurnstileDeployment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
public final class Deployment implements AutoCloseable {

  public static final int LANES = 4;
  public static final Duration PATIENCE = Duration.ofSeconds(60);

  private final TurnstileDeployment deployment;
  private final Path jwks;
  private final TokenIssuer issuer;
  private final KafkaProducer<byte[], byte[]> producer;
  private final VerdictReader verdicts;

  /** Creates topics and keys; the job is not submitted yet. */
  public Deployment(Testbed testbed, String prefix, Path directory) throws Exception {
    this(testbed, prefix, directory, false);
  }

  /**
   * The same.
   *
   * @param postgresql true for verdicts in the testbed's PostgreSQL, in a database of their own
   */
  public Deployment(Testbed testbed, String prefix, Path directory, boolean postgresql)
      throws Exception {
    Files.createDirectories(directory);
    jwks = testbed.files().resolve(prefix + "jwks.json");
    issuer = TokenIssuer.generate(directory.resolve(prefix + "signing-key.json"), jwks);
    deployment = new TurnstileDeployment(testbed, prefix, LANES, jwks.toString());
    deployment.createTopics();
    if (postgresql) {
      deployment.createJournal();
    }
    producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                testbed.bootstrapServers(),
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                5 << 20),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    verdicts = new VerdictReader(testbed.bootstrapServers(), topics(), LANES);
  }

  public void createTopics() throws Exception {
    deployment.createTopics();
  }

  public Admin admin() {
    return deployment.admin();
  }

  /** Submits the job and waits until all its tasks run. */
  public Deployment submit(String... extraArguments) {
    return submit(submission(extraArguments));
  }

  public Deployment submit(JobSubmission submission) {
    deployment.start(submission, PATIENCE);
    return this;
  }

  /** Submits the job and does not wait. */
  public void start(JobSubmission submission) {
    deployment.start(submission);
  }

  public JobSubmission submission(String... extraArguments) {
    return deployment.submission(List.of(extraArguments));
  }

  public TopicNames topics() {
    return deployment.topics();
  }

  /** How to reach its topics and its verdicts. */
  public KafkaConnection connection() {
    return new KafkaConnection(testbed().bootstrapServers(), Map.of(), topics())
        .withVerdictsIn(deployment.database());
  }

  /** A number from the database of its verdicts. */
  public long number(String sql) throws SQLException {
    try (Connection connection = deployment.database().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Runs statements as superuser in the database of its verdicts. */
  public void execute(String... statements) throws SQLException {
    deployment.executeInDatabase(statements);
  }

  /** Options of commands that tell them where its verdicts are. */
  public List<String> databaseOptions() {
    return deployment.databaseOptions();
  }

  /** The prefix of its topics. */
  public String prefix() {
    return topics().transactions().replaceFirst("transactions$", "");
  }

  public String groupId() {
    return deployment.groupId();
  }

  public Path jwks() {
    return jwks;
  }

  public String jobId() {
    return deployment.jobId();
  }

  public Testbed testbed() {
    return deployment.testbed();
  }

  public VerdictReader verdicts() {
    return verdicts;
  }

  public TokenIssuer issuer() {
    return issuer;
  }

  public String token(TokenKind kind, String customerId) {
    return issuer.token(kind, customerId);
  }

  /** A valid transaction, of a product that {@link #publishProduct} should have made known. */
  public Transaction transaction(String id, String customerId, String productId, long amount) {
    return new Transaction(
        id, customerId, productId, 1, amount, "EUR", 1_000L, token(TokenKind.VALID, customerId));
  }

  public SourcePosition send(Transaction transaction) throws Exception {
    return send(transaction.customerId(), TransactionCodec.encode(transaction));
  }

  public SourcePosition send(String key, byte[] value) throws Exception {
    RecordMetadata sent =
        producer
            .send(
                new ProducerRecord<>(
                    topics().transactions(),
                    key == null ? null : key.getBytes(StandardCharsets.UTF_8),
                    value))
            .get();
    return new SourcePosition(sent.topic(), sent.partition(), sent.offset());
  }

  /** Records of no use, to move offsets on. */
  public void sendToEveryPartition(int count) throws Exception {
    for (int partition = 0; partition < LANES; partition++) {
      for (int i = 0; i < count; i++) {
        producer
            .send(new ProducerRecord<>(topics().transactions(), partition, null, new byte[] {'x'}))
            .get();
      }
    }
  }

  public void publishProduct(String productId) throws Exception {
    publishProduct(new Product(productId, "Product " + productId, "test", 100, "EUR", 1, 1, 1));
  }

  public void publishProduct(Product product) throws Exception {
    producer
        .send(
            new ProducerRecord<>(
                topics().inventory(),
                product.productId().getBytes(StandardCharsets.UTF_8),
                ProductCodec.encode(product)))
        .get();
  }

  /** Checks that every input has the verdict that it must have, by the ledger if there is one. */
  public AuditReport audit(Path ledger) throws Exception {
    AuditReport report =
        new Audit(
                AuditConfig.builder(testbed().bootstrapServers())
                    .topics(topics())
                    .database(deployment.database())
                    .ledger(ledger)
                    .waitFor(PATIENCE)
                    .build())
            .run();
    assertThat(report.passed()).as(report.toText(20)).isTrue();
    assertThat(report.inFlight()).isZero();
    return report;
  }

  public KafkaProducer<byte[], byte[]> producer() {
    return producer;
  }

  /** Cancels the job if it still runs. */
  @Override
  public void close() {
    try {
      deployment.cancel();
    } finally {
      verdicts.close();
      producer.close(Duration.ZERO);
    }
  }
}
