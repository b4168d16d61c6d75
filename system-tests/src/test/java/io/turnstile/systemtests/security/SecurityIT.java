package io.turnstile.systemtests.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.audit.AuditReport;
import io.turnstile.cli.Turnstile;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.clients.JobSubmission;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.Kind;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationListener;
import io.turnstile.simulator.SimulationOptions;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.container.ContainerOptions;
import io.turnstile.testbed.container.ContainerTestbed;
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
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/**
 * Kafka with passwords, where job, simulator, audit and redrive have the rights that they need and
 * no others. No secret is seen where it does not belong.
 */
@Tag("containers")
class SecurityIT {

  private static final int TRANSACTIONS = 2_000;
  private static final int LANES = Deployment.LANES;

  /** A signed token. */
  private static final Pattern TOKEN = Pattern.compile("eyJ[\\w-]+\\.[\\w-]+\\.[\\w-]+");

  @TempDir static Path directory;

  private static SecuredKafka kafka;
  private static ContainerTestbed testbed;

  @BeforeAll
  static void start() throws Exception {
    kafka = new SecuredKafka(directory, ContainerTestbed.brokerHosts());
    testbed =
        new ContainerTestbed(
            TestbedConfig.builder()
                .taskManagerMemory("1600m")
                .brokerConfig(kafka.brokerConfig())
                .build(),
            ContainerOptions.defaults().withSecuredListeners());
    testbed.start();
  }

  @AfterAll
  static void stop() {
    if (testbed != null) {
      testbed.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"journal", "checkpoint"})
  void allWorkWithTheLeastRightsAndNoSecretIsToBeSeen(String commit) throws Exception {
    String prefix = commit + ".";
    Path ledger = directory.resolve(prefix + "ledger.csv");
    try (Deployment turnstile = new Deployment(testbed, prefix, directory);
        Admin admin = turnstile.admin()) {
      Map<String, String> job = kafka.addUser(admin, prefix + "job");
      Map<String, String> sender = kafka.addUser(admin, prefix + "sender");
      Map<String, String> auditor = kafka.addUser(admin, prefix + "auditor");
      Map<String, String> redriver = kafka.addUser(admin, prefix + "redriver");
      assertThatThrownBy(() -> turnstile.start(submission(turnstile, job, commit)))
          .isInstanceOf(JobRejectedException.class)
          .hasMessageContaining("Allow the job's principal Read and DescribeConfigs");
      Path redriving = directory.resolve(prefix + "redriver.properties");
      SecuredKafka.write(redriver, redriving);
      assertThat(redrive(prefix, redriving, "--from=rejected").exitCode()).isEqualTo(1);
      SecuredKafka.allowJob(admin, prefix + "job", turnstile.topics(), turnstile.groupId());
      SecuredKafka.allowSender(admin, prefix + "sender", turnstile.topics());
      SecuredKafka.allowAuditor(admin, prefix + "auditor", turnstile.topics());
      SecuredKafka.allowRedrive(admin, prefix + "redriver", turnstile.topics());

      turnstile.submit(submission(turnstile, job, commit));
      send(turnstile, sender, ledger);
      AuditReport audit =
          new Audit(
                  AuditConfig.builder(testbed.securedBootstrapServers())
                      .clientProperties(auditor)
                      .topics(turnstile.topics())
                      .ledger(ledger)
                      .waitFor(Deployment.PATIENCE)
                      .build())
              .run();
      assertThat(audit.passed()).as(audit.toText(20)).isTrue();
      assertThat(audit.inputs()).isGreaterThanOrEqualTo(TRANSACTIONS);
      sendAnew(prefix, redriving);
      assertThat(testbed.flink().failures(turnstile.jobId())).isEmpty();

      assertThatThrownBy(() -> write(auditor, turnstile.topics().transactions()))
          .hasCauseInstanceOf(AuthorizationException.class);
      assertThat(TOKEN.matcher(inputs(turnstile)).find()).as("inputs have tokens").isTrue();
      assertNoSecret("the verdicts", verdicts(turnstile));
      assertNoSecret("the processes", processes());
      assertNoSecret("the web UI", webUi(turnstile.jobId()));
      logs().forEach(SecurityIT::assertNoSecret);
    }
  }

  private static JobSubmission submission(
      Deployment turnstile, Map<String, String> clientProperties, String commit)
      throws IOException {
    Path file = testbed.files().resolve(turnstile.groupId() + ".properties");
    SecuredKafka.write(clientProperties, file);
    List<String> arguments =
        new ArrayList<>(
            turnstile
                .submission(
                    "--client-properties",
                    file.toString(),
                    "--commit",
                    commit,
                    "--checkpoint-interval",
                    "500ms")
                .arguments());
    arguments.set(
        arguments.indexOf("--bootstrap-servers") + 1, testbed.securedBootstrapServersForJobs());
    return Distribution.turnstileJob(arguments);
  }

  private static void send(Deployment turnstile, Map<String, String> sender, Path ledger)
      throws Exception {
    GeneratorOptions mix =
        new GeneratorOptions().mixed().share(Kind.UNKNOWN_PRODUCT, 0).customers(50).products(50);
    new Simulation(
            new KafkaConnection(testbed.securedBootstrapServers(), sender, turnstile.topics()),
            new Generator(mix),
            turnstile.issuer(),
            new SimulationOptions()
                .rate(1_000)
                .count(TRANSACTIONS)
                .ledger(ledger)
                .retry(true)
                .retryWait(Duration.ofSeconds(5)),
            SimulationListener.NONE)
        .run();
  }

  /** Sends inputs with forged tokens anew, and looks at all that was not readable. */
  private static void sendAnew(String prefix, Path properties) throws Exception {
    for (String[] from :
        new String[][] {{"--from=rejected", "--reason=TOKEN_INVALID"}, {"--from=dead-letter"}}) {
      Redriven run = redrive(prefix, properties, from);
      assertThat(run.exitCode()).as(run.printed()).isZero();
      assertNoSecret("the output of redrive", run.printed());
    }
    JsonNode result =
        new ObjectMapper().readTree(directory.resolve(prefix + "rejected.json").toFile());
    assertThat(result.get("redriven").longValue()).as("inputs sent anew").isPositive();
  }

  private record Redriven(int exitCode, String printed) {}

  private static Redriven redrive(String prefix, Path properties, String... from) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "redrive",
                "--bootstrap-servers=" + testbed.securedBootstrapServers(),
                "--client-properties=" + properties,
                "--topic-prefix=" + prefix,
                "--out="
                    + directory.resolve(prefix + from[0].substring("--from=".length()) + ".json")));
    arguments.addAll(List.of(from));
    StringWriter printed = new StringWriter();
    CommandLine command = Turnstile.commandLine();
    command.setOut(new PrintWriter(printed, true));
    command.setErr(new PrintWriter(printed, true));
    int exitCode = command.execute(arguments.toArray(String[]::new));
    return new Redriven(exitCode, printed.toString());
  }

  private static void write(Map<String, String> clientProperties, String topic) throws Exception {
    Map<String, Object> properties = new HashMap<>(clientProperties);
    properties.put("bootstrap.servers", testbed.securedBootstrapServers());
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(topic, new byte[] {'x'})).get();
    }
  }

  private static String inputs(Deployment turnstile) {
    return read(List.of(turnstile.topics().transactions()));
  }

  /** Dead letters aside, which are the inputs as they came. */
  private static String verdicts(Deployment turnstile) {
    return read(List.of(turnstile.topics().accepted(), turnstile.topics().rejected()));
  }

  /** All that is in the topics' records. */
  private static String read(List<String> topics) {
    StringBuilder text = new StringBuilder();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", testbed.bootstrapServers()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : topics) {
        for (int partition = 0; partition < LANES; partition++) {
          partitions.add(new TopicPartition(topic, partition));
        }
      }
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          append(text, record.key());
          append(text, record.value());
          for (Header header : record.headers()) {
            append(text, header.value());
          }
        }
      }
    }
    return text.toString();
  }

  private static void append(StringBuilder text, byte[] bytes) {
    if (bytes != null) {
      text.append(new String(bytes, StandardCharsets.UTF_8)).append('\n');
    }
  }

  /** Command lines and environments of the JVMs, as {@code ps} shows them to their own user. */
  private static String processes() {
    StringBuilder text =
        new StringBuilder(process(TestbedProcess.BROKER, "kafka.Kafka", "CLUSTER_ID="));
    List<TestbedProcess> flink = new ArrayList<>(testbed.taskManagers());
    flink.add(TestbedProcess.JOB_MANAGER);
    for (TestbedProcess target : flink) {
      text.append(process(target, "org.apache.flink", "FLINK_PROPERTIES="));
    }
    return text.toString();
  }

  private static String process(TestbedProcess target, String command, String variable) {
    // Not even root may read the environment of another user's process in a container.
    String process =
        testbed.run(
            target, "su -s /bin/sh $(stat -c %U /proc/1) -c 'cat /proc/1/cmdline /proc/1/environ'");
    assertThat(process).contains(command, variable);
    return process;
  }

  private static String webUi(String jobId) {
    FlinkRest flink = testbed.flink();
    StringBuilder text = new StringBuilder();
    for (String page :
        List.of(
            "jobmanager/config",
            "jobmanager/environment",
            "jobs/" + jobId,
            "jobs/" + jobId + "/config",
            "jobs/" + jobId + "/plan",
            "jobs/" + jobId + "/exceptions",
            "jobs/" + jobId + "/checkpoints/config")) {
      text.append(flink.get(page)).append('\n');
    }
    return text.toString();
  }

  private static Map<String, String> logs() throws IOException {
    Map<String, String> logs = new HashMap<>();
    try (Stream<Path> files = Files.list(testbed.logs())) {
      for (Path file : files.toList()) {
        logs.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    assertThat(logs).containsKeys("broker.log", "jobmanager.log", "taskmanager-1.log");
    return logs;
  }

  private static void assertNoSecret(String where, String text) {
    for (String secret : kafka.secrets()) {
      assertThat(text.contains(secret)).as("a secret in %s", where).isFalse();
    }
    assertThat(TOKEN.matcher(text).find()).as("a token in %s", where).isFalse();
  }
}
