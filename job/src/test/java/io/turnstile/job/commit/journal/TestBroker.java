package io.turnstile.job.commit.journal;

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
final class TestBroker implements AutoCloseable {

  private final Testbed testbed;
  private final Admin admin;

  private TestBroker(Testbed testbed) {
    this.testbed = testbed;
    this.admin = Admin.create(Map.of("bootstrap.servers", testbed.bootstrapServers()));
  }

  /**
   * @param config of the broker, over the testbed's
   */
  static TestBroker start(Map<String, String> config) {
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

  /** Creates the topics, and says how a journal on them is reached. */
  JournalSettings createTopics(TopicNames topics, int lanes) throws Exception {
    new Topics(topics, 1, lanes).create(admin, (short) 1);
    Properties client = new Properties();
    client.put("bootstrap.servers", testbed.bootstrapServers());
    return JournalSettings.of(client, topics);
  }

  Testbed testbed() {
    return testbed;
  }

  Admin admin() {
    return admin;
  }

  @Override
  public void close() {
    admin.close();
    testbed.close();
    LeakCheck.assertNothingLeft();
  }
}
