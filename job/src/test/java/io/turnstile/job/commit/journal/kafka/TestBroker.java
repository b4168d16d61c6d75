package io.turnstile.job.commit.journal.kafka;

import io.turnstile.clients.Topics;
import io.turnstile.events.TopicNames;
import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.process.ProcessTestbed;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;

/** A real broker; closing it checks that nothing of it is left. */
public final class TestBroker implements AutoCloseable {

  private final Testbed testbed;
  private final Admin admin;

  private TestBroker(Testbed testbed) {
    this.testbed = testbed;
    this.admin = Admin.create(Map.of("bootstrap.servers", testbed.bootstrapServers()));
  }

  /**
   * Starts a broker.
   *
   * @param config of the broker, over the testbed's
   */
  public static TestBroker start(Map<String, String> config) {
    Testbed testbed =
        new ProcessTestbed(
            TestbedConfig.builder()
                .flink(false)
                .brokerHeap("512m")
                .brokerConfig(config)
                .baseDirectory(Path.of("target", "testbed"))
                .build());
    try {
      testbed.start();
      return new TestBroker(testbed);
    } catch (RuntimeException e) {
      testbed.close();
      throw e;
    }
  }

  /** Creates the topics, and returns the settings of a journal on them. */
  public KafkaJournalSettings createTopics(TopicNames topics, int lanes) throws Exception {
    new Topics(topics, 1, lanes).create(admin, (short) 1);
    Properties client = new Properties();
    client.put("bootstrap.servers", testbed.bootstrapServers());
    return KafkaTestSettings.of(client, topics);
  }

  public Testbed testbed() {
    return testbed;
  }

  public Admin admin() {
    return admin;
  }

  @Override
  public void close() {
    admin.close();
    testbed.close();
    LeakCheck.assertNothingLeft();
  }
}
