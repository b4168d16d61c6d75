package io.turnstile.systemtests.feeds;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.audit.AuditReport;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JobSubmission;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.Topics;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TransactionCodec;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.systemtests.harness.VerdictReader;
import io.turnstile.testbed.FeedProcess;
import io.turnstile.testbed.TestbedConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A further system, with fields of other names, is an entry in a file of feeds and an option of the
 * job.
 */
@Tag("extended")
class ReferencesIT {

  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfig.builder()
              .flinkConfig(Map.of("execution.state-recovery.ignore-unclaimed-state", "true"))
              .build());

  @TempDir private Path directory;

  private String prefix;
  private Deployment turnstile;
  private int sent;

  @ParameterizedTest
  @ValueSource(strings = {"journal", "checkpoint"})
  void furtherSystemIsJoinedByConfigurationAlone(String commit) throws Exception {
    prefix = "references-" + commit + ".";
    String tariff =
        "tariff:keyed-by=product,required=true,wait=2s,topic=%sreferences.tariff".formatted(prefix);
    String risk = "risk:keyed-by=customer,topic=%sreferences.risk".formatted(prefix);
    try (Deployment deployment = new Deployment(TESTBED.testbed(), prefix, directory)) {
      turnstile = deployment;
      createTopics();
      turnstile.publishProduct("p-1");
      turnstile.publishProduct("p-2");
      publishArticle(3, "B");
      try (FeedProcess runner =
          FeedProcess.start(TESTBED.testbed(), "128m", feeds(), "--topic-prefix", prefix)) {
        await()
            .atMost(Deployment.PATIENCE)
            .until(() -> runner.metrics().contains("outcome=\"published\"} 1.0"));
        turnstile.submit(
            "--commit",
            commit,
            "--parallelism",
            "2",
            "--reference",
            tariff,
            "--reference",
            risk,
            "--carry-fields",
            "channel");

        JsonNode first = accepted("p-1");
        assertThat(first.at("/references/tariff/level").textValue()).isEqualTo("B");
        assertThat(first.at("/references/tariff/rate/net").decimalValue())
            .isEqualByComparingTo("0.19");
        assertThat(first.at("/references/risk").isNull()).isTrue();
        assertThat(first.at("/extra/channel").textValue()).isEqualTo("web");

        publishArticle(4, "C");
        await().atMost(Deployment.PATIENCE).until(() -> level(accepted("p-1")).equals("C"));
        assertThat(send("p-2").result()).isEqualTo("UNKNOWN_REFERENCE");

        killAndReplaceTaskManager();
        assertThat(level(accepted("p-1"))).isEqualTo("C");
        publishRisk("c");
        await()
            .atMost(Deployment.PATIENCE)
            .until(() -> accepted("p-1").at("/references/risk/score").intValue() == 7);
      }
      CarriedFields channel = CarriedFields.of(List.of("channel"));
      AuditReport report = audit(List.of(tariff, risk), channel, null);
      assertThat(report.passed()).as(report.toText(20)).isTrue();
      assertThat(audit(List.of(tariff, risk + ",required=true"), channel, null).passed())
          .as("the audit sees that it was not required")
          .isFalse();
    }
  }

  /** Even where the cluster drops state that no operator asks for: transactions may wait in it. */
  @Test
  void checkpointKeepsItsReferencesAndFurtherOnesCanBeAdded() throws Exception {
    prefix = "references-changed.";
    String tariff = "tariff:keyed-by=product,topic=%sreferences.tariff".formatted(prefix);
    String risk = "risk:keyed-by=customer,wait=1min,topic=%sreferences.risk".formatted(prefix);
    String basket =
        "basket:keyed-by=product,required=true,topic=%sreferences.basket".formatted(prefix);
    try (Deployment deployment = new Deployment(TESTBED.testbed(), prefix, directory)) {
      turnstile = deployment;
      createTopics();
      turnstile.publishProduct("p-1");
      publish("references.tariff", "p-1", "{\"product_id\":\"p-1\",\"version\":1}");
      publish("references.basket", "p-1", "{\"product_id\":\"p-1\",\"version\":1}");
      publishRisk("c");
      turnstile.submit(submission(tariff, risk));
      Map<Integer, String> waiting = new HashMap<>();
      Map<String, SourcePosition> positions = new HashMap<>();
      for (int i = 0; i < 20; i++) {
        String customer = "waits-" + i;
        SourcePosition sent =
            turnstile.send(turnstile.transaction("t-" + customer, customer, "p-1", i));
        waiting.put(sent.partition(), customer);
        positions.put(customer, sent);
      }
      SourcePosition behind = turnstile.send(turnstile.transaction("behind", "c", "p-1", 1_000));
      assertThat(turnstile.verdicts().of(behind).result()).isEqualTo("ACCEPTED");
      // What was before it in its partition is past the product by now.
      String customer = waiting.get(behind.partition());
      String savepoint =
          TESTBED.testbed().flink().stopWithSavepoint(turnstile.jobId(), Deployment.PATIENCE);

      turnstile.start(submission(risk).restoredFrom(savepoint));
      FlinkRest flink = TESTBED.testbed().flink();
      assertThat(flink.awaitTerminal(turnstile.jobId(), Deployment.PATIENCE).state())
          .isEqualTo("FAILED");
      assertThat(flink.failures(turnstile.jobId()).get(0).message())
          .contains("the checkpoint has read input topic", "(reference tariff, keyed by product)");

      Instant changed = Instant.now();
      turnstile.submit(submission(tariff, risk, basket).restoredFrom(savepoint));
      publishRisk(customer);
      VerdictReader.Verdict waited = turnstile.verdicts().of(positions.get(customer));
      assertThat(waited.result()).isEqualTo("ACCEPTED");
      assertThat(waited.json().at("/references/risk/score").intValue()).isEqualTo(7);
      assertThat(waited.json().at("/references").has("basket"))
          .as("it was past the products when the reference was added")
          .isFalse();
      assertThat(accepted("p-1").at("/references/basket/version").intValue()).isEqualTo(1);
      AuditReport report = audit(List.of(tariff, risk, basket), CarriedFields.NONE, changed);
      assertThat(report.passed()).as(report.toText(20)).isTrue();
    }
  }

  private JobSubmission submission(String... references) {
    List<String> arguments = new ArrayList<>(List.of("--commit", "journal", "--parallelism", "2"));
    for (String each : references) {
      arguments.addAll(List.of("--reference", each));
    }
    return turnstile.submission(arguments.toArray(String[]::new));
  }

  private void createTopics() throws Exception {
    try (Admin admin = turnstile.admin()) {
      new Topics(turnstile.topics(), Deployment.LANES, Deployment.LANES)
          .withReferences(
              Stream.of("tariff", "risk", "basket")
                  .map(name -> prefix + "references." + name)
                  .toList())
          .create(admin, (short) -1);
      admin.createTopics(List.of(new NewTopic(prefix + "erp.articles", 1, (short) 1))).all().get();
    }
  }

  private Path feeds() throws Exception {
    return Files.writeString(
        directory.resolve("feeds.yaml"),
        """
        feeds:
          shop:
            into: {reference: tariff, keyed_by: product}
            topic: {bootstrap_servers: '%s', name: %serp.articles}
            mapping:
              product_id: /artikel
              version: /stand
              level: /stufe
              rate: /satz
            schedule: {every: 100ms}
        """
            .formatted(TESTBED.testbed().bootstrapServers(), prefix));
  }

  private void publishArticle(long version, String level) throws Exception {
    publish(
        "erp.articles",
        "p-1",
        "{\"artikel\":\"p-1\",\"stand\":%d,\"stufe\":\"%s\",\"satz\":{\"net\":0.19}}"
            .formatted(version, level));
  }

  private void publishRisk(String customer) throws Exception {
    publish(
        "references.risk",
        customer,
        "{\"customer_id\":\"%s\",\"version\":1,\"score\":7}".formatted(customer));
  }

  private void publish(String topic, String key, String value) throws Exception {
    turnstile
        .producer()
        .send(new ProducerRecord<>(prefix + topic, key.getBytes(UTF_8), value.getBytes(UTF_8)))
        .get();
  }

  private VerdictReader.Verdict send(String product) throws Exception {
    String id = "t-" + ++sent;
    String plain =
        new String(TransactionCodec.encode(turnstile.transaction(id, "c", product, sent)), UTF_8);
    return turnstile
        .verdicts()
        .of(turnstile.send("c", ("{\"channel\":\"web\"," + plain.substring(1)).getBytes(UTF_8)));
  }

  private JsonNode accepted(String product) throws Exception {
    VerdictReader.Verdict verdict = send(product);
    assertThat(verdict.result()).isEqualTo("ACCEPTED");
    return verdict.json();
  }

  private static String level(JsonNode accepted) {
    return accepted.at("/references/tariff/level").textValue();
  }

  private void killAndReplaceTaskManager() {
    TESTBED.testbed().kill(TESTBED.testbed().taskManagers().get(0));
    TESTBED.testbed().startTaskManager();
    TESTBED.testbed().flink().awaitRunning(turnstile.jobId(), Deployment.PATIENCE);
  }

  private AuditReport audit(List<String> references, CarriedFields carried, Instant since)
      throws Exception {
    return new Audit(
            AuditConfig.builder(TESTBED.testbed().bootstrapServers())
                .topics(turnstile.topics())
                .references(references.stream().map(ReferenceSpec::parse).toList())
                .carried(carried)
                .since(since)
                .waitFor(Duration.ofSeconds(30))
                .build())
        .run();
  }
}
