package io.turnstile.job.commit.journal.kafka;

import io.turnstile.clients.Topics;
import io.turnstile.events.TopicNames;
import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.process.ProcessTestbed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real broker for a test class, with topics of its own for each test. It never outlives the
 * class: the classes after it in the same JVM check that no process is left.
 */
public final class TestBroker
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

  /** For how long a broker may be silent before it is taken for dead. */
  public static final String SESSION_TIMEOUT = "broker.session.timeout.ms";

  private final Map<String, String> config = new HashMap<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private Testbed testbed;
  private Admin admin;
  private String test;

  public TestBroker() {
    this(Map.of());
  }

  /**
   * @param config of the broker, over the testbed's
   */
  public TestBroker(Map<String, String> config) {
    // A machine with a lot to do must not make it seem dead.
    this.config.put(SESSION_TIMEOUT, "30000");
    this.config.putAll(config);
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    testbed =
        new ProcessTestbed(
            TestbedConfig.builder()
                .flink(false)
                .brokerHeap("512m")
                .brokerConfig(config)
                .baseDirectory(Path.of("target", "testbed"))
                .build());
    testbed.start();
    admin = Admin.create(Map.of("bootstrap.servers", testbed.bootstrapServers()));
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    test = context.getRequiredTestMethod().getName();
  }

  /** Creates the topics of this test, and returns the settings of a journal on them. */
  public KafkaJournalSettings createTopics(int lanes) throws Exception {
    return createTopics(TopicNames.withPrefix(test + "."), lanes);
  }

  /** Creates topics, and returns the settings of a journal on them. */
  public KafkaJournalSettings createTopics(TopicNames topics, int lanes) throws Exception {
    new Topics(topics, 1, lanes).create(admin, (short) 1);
    return KafkaTestSettings.of(client(), topics);
  }

  /** A producer of another program, with a transaction begun. */
  public KafkaProducer<byte[], byte[]> foreignTransaction() {
    Properties properties = client();
    properties.put("transactional.id", "foreign");
    KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    producer.initTransactions();
    producer.beginTransaction();
    return producer;
  }

  private Properties client() {
    Properties client = new Properties();
    client.put("bootstrap.servers", testbed.bootstrapServers());
    return client;
  }

  /** Closes something after the test, in the order of these calls. */
  public <T extends AutoCloseable> T closing(T closeable) {
    open.add(closeable);
    return closeable;
  }

  public Testbed testbed() {
    return testbed;
  }

  public Admin admin() {
    return admin;
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    for (AutoCloseable closeable : open) {
      closeable.close();
    }
    open.clear();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    // Missing when it could not start.
    if (admin != null) {
      admin.close();
    }
    testbed.close();
    LeakCheck.assertNothingLeft();
  }
}
