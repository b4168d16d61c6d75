package io.turnstile.testbed.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.DockerClient;
import io.turnstile.clients.FlinkRest;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.testcontainers.DockerClientFactory;

/** One testbed for all tests; each leaves it with everything running. */
@Tag("containers")
class ContainerTestbedIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final Path BASE = Path.of("target", "testbed");

  private static ContainerTestbed testbed;

  @BeforeAll
  static void start() {
    testbed =
        new ContainerTestbed(
            TestbedConfig.builder()
                .baseDirectory(BASE)
                .taskManagerMemory("1g")
                .brokerHeap("512m")
                .flinkConfig(Map.of("heartbeat.timeout", "4 s"))
                .build(),
            ContainerOptions.defaults().withHighAvailability());
    testbed.start();
  }

  @AfterAll
  static void leavesNothingBehind() {
    testbed.close();
    assertNothingLeft();
    assertThat(BASE).isEmptyDirectory();
  }

  private static void assertNothingLeft() {
    DockerClient docker = DockerClientFactory.lazyClient();
    Map<String, String> mine =
        Map.of(DockerClientFactory.TESTCONTAINERS_SESSION_ID_LABEL, DockerClientFactory.SESSION_ID);
    assertThat(docker.listContainersCmd().withShowAll(true).withLabelFilter(mine).exec()).isEmpty();
    assertThat(docker.listNetworksCmd().withFilter("label", labels(mine)).exec()).isEmpty();
    assertThat(docker.listVolumesCmd().withFilter("label", labels(mine)).exec().getVolumes())
        .isNullOrEmpty();
  }

  private static List<String> labels(Map<String, String> labels) {
    return labels.entrySet().stream().map(each -> each.getKey() + "=" + each.getValue()).toList();
  }

  @Test
  void recordsOutliveAKilledBrokerAtTheSameAddress() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", testbed.bootstrapServers()))) {
      admin.createTopics(Set.of(new NewTopic("survivors", 1, (short) 1))).all().get();
    }
    try (KafkaProducer<String, String> producer = producer()) {
      producer.send(new ProducerRecord<>("survivors", "before")).get();
      testbed.kill(TestbedProcess.BROKER);
      assertThat(testbed.isAlive(TestbedProcess.BROKER)).isFalse();
      testbed.start(TestbedProcess.BROKER);
      producer.send(new ProducerRecord<>("survivors", "after")).get();
    }
    assertThat(read("survivors", 2)).containsExactly("before", "after");
    // The engine hands a container's output on when it comes to it.
    await()
        .atMost(TIMEOUT)
        .untilAsserted(
            () ->
                assertThat(
                        Files.readString(testbed.logs().resolve("broker.log"))
                            .split("Kafka Server started"))
                    .hasSize(3));
  }

  @Test
  void killedTaskManagerIsReplaced() {
    TestbedProcess killed = testbed.taskManagers().get(0);
    testbed.kill(killed);
    TestbedProcess started = testbed.startTaskManager();
    assertThat(testbed.taskManagers()).containsExactly(started);
    await()
        .atMost(TIMEOUT)
        .untilAsserted(
            () ->
                assertThat(testbed.flink().taskManagers())
                    .extracting(FlinkRest.TaskManager::id)
                    .containsExactly(started.toString()));
  }

  @Test
  void pausedTaskManagerIsMissedUntilItGoesOn() {
    TestbedProcess target = testbed.taskManagers().get(0);
    testbed.pause(target);
    awaitTaskManagers(0);
    assertThat(testbed.isAlive(target)).isTrue();
    testbed.resume(target);
    awaitTaskManagers(1);
  }

  @Test
  void taskManagerCutFromTheJobManagerIsMissedUntilItIsConnectedAgain() {
    TestbedProcess target = testbed.taskManagers().get(0);
    testbed.faults().cutFromJobManager(target);
    awaitTaskManagers(0);
    testbed.faults().reconnectToJobManager(target);
    awaitTaskManagers(1);
  }

  @Test
  void brokersAreOutOfReachOfATaskManagerThatIsCutFromThem() {
    TestbedProcess target = testbed.taskManagers().get(0);
    testbed.cutFromBrokers(target);
    try {
      assertThatThrownBy(() -> testbed.run(target, "getent hosts broker"))
          .isInstanceOf(TestbedException.class);
      assertThat(testbed.flink().taskManagers()).hasSize(1);
    } finally {
      testbed.reconnectToBrokers(target);
    }
    assertThat(testbed.run(target, "getent hosts broker")).contains("broker");
  }

  @Test
  void killedJobManagerComesBackAtTheSameAddress() {
    testbed.kill(TestbedProcess.JOB_MANAGER);
    assertThat(testbed.flink().isUp()).isFalse();
    testbed.start(TestbedProcess.JOB_MANAGER);
    awaitTaskManagers(1);
  }

  @Test
  void checkpointStorageIsBoundedAndCanBeFreed() {
    testbed.faults().fillCheckpointStorage();
    String write = "head -c 1 /dev/zero >/checkpoints/more";
    assertThatThrownBy(() -> testbed.run(testbed.taskManagers().get(0), write))
        .hasMessageContaining("No space left");
    testbed.faults().freeCheckpointStorage();
    testbed.run(testbed.taskManagers().get(0), write);
  }

  @Test
  void failedStartSaysWhichContainerAndWhyAndLeavesNothingButTheLogs() {
    Path base = Path.of("target", "failing");
    Testbed failing =
        new ContainerTestbed(
            TestbedConfig.builder()
                .flink(false)
                .baseDirectory(base)
                .brokerConfig(Map.of("num.io.threads", "many"))
                .build());
    try (failing) {
      assertThatThrownBy(failing::start)
          .isInstanceOf(TestbedException.class)
          .hasMessageStartingWith("broker ended with exit code 1; its log ")
          .hasMessageContaining("many");
    }
    assertThat(failing.logs()).isNotEmptyDirectory();
  }

  @Test
  void processesOfFlinkAnswerPrometheus() {
    for (TestbedProcess target :
        List.of(TestbedProcess.JOB_MANAGER, testbed.taskManagers().get(0))) {
      await()
          .atMost(TIMEOUT)
          .ignoreExceptions()
          .untilAsserted(
              () ->
                  assertThat(testbed.metrics(target).toURL().openStream().readAllBytes())
                      .asString(StandardCharsets.UTF_8)
                      .contains("Status_JVM_CPU_Load"));
    }
  }

  private static void awaitTaskManagers(int count) {
    await()
        .atMost(TIMEOUT)
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(testbed.flink().taskManagers()).hasSize(count));
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
