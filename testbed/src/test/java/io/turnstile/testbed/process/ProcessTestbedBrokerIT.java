package io.turnstile.testbed.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedProcess;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker in one testbed for all tests; each leaves it running. */
class ProcessTestbedBrokerIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /** Not a temporary directory of JUnit's: logs of a failed start are to stay. */
  private static final Path BASE = Path.of("target", "testbed-broker");

  @TempDir private static Path directory;

  private static Testbed testbed;

  @BeforeAll
  static void start() {
    testbed =
        new ProcessTestbed(
            TestbedConfig.builder().flink(false).baseDirectory(BASE).brokerHeap("512m").build());
    testbed.start();
  }

  @AfterAll
  static void leavesNothingBehind() {
    testbed.close();
    LeakCheck.assertNothingLeft();
    assertThat(BASE).isEmptyDirectory();
  }

  @Test
  void recordsOutliveKilledAndStoppedBroker() throws Exception {
    createTopic("survivors");
    try (KafkaProducer<String, String> producer = producer()) {
      producer.send(new ProducerRecord<>("survivors", "before")).get();
      testbed.kill(TestbedProcess.BROKER);
      assertThat(testbed.isAlive(TestbedProcess.BROKER)).isFalse();
      testbed.start(TestbedProcess.BROKER);
      producer.send(new ProducerRecord<>("survivors", "between")).get();
      testbed.stop(TestbedProcess.BROKER);
      assertThat(testbed.logs().resolve("broker.log"))
          .content()
          .contains("App info kafka.server for 1 unregistered");
      testbed.start(TestbedProcess.BROKER);
      producer.send(new ProducerRecord<>("survivors", "after")).get();
    }
    assertThat(read("survivors", 3)).containsExactly("before", "between", "after");
  }

  @Test
  void killedParentLeavesNoProcessNotEvenPausedOnes() throws Exception {
    Process parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dturnstile.home=" + System.getProperty("turnstile.home"),
                "-cp",
                System.getProperty("java.class.path"),
                AbandonedTestbed.class.getName(),
                directory.resolve("abandoned").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader output = parent.inputReader()) {
      assertThat(output.readLine()).isEqualTo(AbandonedTestbed.READY);
      assertThat(LeakCheck.processesOf(parent.pid())).hasSize(2);
    } finally {
      parent.destroyForcibly();
    }
    await()
        .atMost(TIMEOUT)
        .untilAsserted(() -> assertThat(LeakCheck.processesOf(parent.pid())).isEmpty());
  }

  @Test
  void failedStartSaysWhichProcessAndWhyAndKeepsTheLogs() {
    Testbed failing =
        new ProcessTestbed(
            TestbedConfig.builder()
                .flink(false)
                .baseDirectory(directory.resolve("failing"))
                .brokerConfig(Map.of("num.io.threads", "many"))
                .build());
    try (failing) {
      assertThatThrownBy(failing::start)
          .isInstanceOf(TestbedException.class)
          .hasMessageStartingWith("kafka-storage failed with exit code 1; its log ")
          .hasMessageContaining("many");
    }
    assertThat(failing.logs()).isNotEmptyDirectory();
  }

  private void createTopic(String name) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", testbed.bootstrapServers()))) {
      admin.createTopics(Set.of(new NewTopic(name, 1, (short) 1))).all().get();
    }
  }

  private KafkaProducer<String, String> producer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", testbed.bootstrapServers()),
        new StringSerializer(),
        new StringSerializer());
  }

  private List<String> read(String topic, int count) {
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", testbed.bootstrapServers()),
            new StringDeserializer(),
            new StringDeserializer())) {
      TopicPartition partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      List<String> values = new ArrayList<>();
      await()
          .atMost(TIMEOUT)
          .until(
              () -> {
                consumer.poll(Duration.ofSeconds(1)).forEach(record -> values.add(record.value()));
                return values.size() >= count;
              });
      return values;
    }
  }
}
