package io.turnstile.bench.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.bench.Run;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.clients.JobSubmission;
import io.turnstile.clients.Topics;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.testbed.LeakCheck;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One deployment for all tests. */
class UpAndCheckIT {

  @TempDir private static Path directory;

  private static final CompletableFuture<Run> UP = new CompletableFuture<>();
  private static Thread up;
  private static JsonNode addresses;

  @BeforeAll
  static void start() throws Exception {
    Path out = directory.resolve("up.json");
    up =
        new Thread(
            () ->
                UP.complete(
                    Run.of(
                        "up",
                        "--kafka-port",
                        "0",
                        "--ui-port",
                        "0",
                        "--dir",
                        directory.resolve("data").toString(),
                        "--metrics-targets",
                        directory.resolve("targets.json").toString(),
                        "--topic-accepted",
                        "passed",
                        "--out",
                        out.toString())),
            "up");
    up.start();
    await().atMost(Duration.ofMinutes(4)).until(() -> Files.exists(out) || UP.isDone());
    assertThat(UP).as(() -> UP.join().toString()).isNotDone();
    addresses = new ObjectMapper().readTree(out.toFile());
  }

  @AfterAll
  static void interruptionEndsEverythingButTheKeys() throws Exception {
    up.interrupt();
    up.join();
    LeakCheck.assertNothingLeft();
    assertThat(directory.resolve("data"))
        .isDirectoryContaining("glob:**/signing-key.json")
        .isDirectoryContaining("glob:**/jwks.json")
        .isDirectoryNotContaining("glob:**/turnstile-*");
  }

  @Test
  void addressesAreForAnyClient() {
    assertThat(addresses.properties())
        .extracting(Map.Entry::getKey)
        .contains("bootstrap_servers", "flink", "jwks", "signing_key", "topics");
    assertThat(addresses.get("topics").toString())
        .isEqualTo(
            "{\"transactions\":\"transactions\",\"inventory\":\"inventory\",\"customers\":\"customers\","
                + "\"accepted\":\"passed\",\"rejected\":\"verdicts.rejected\","
                + "\"dead_letter\":\"verdicts.dead-letter\"}");
    assertThat(Path.of(addresses.get("jwks").textValue())).isRegularFile();
  }

  @Test
  void metricsTargetsAreThoseOfFlinksProcesses() throws Exception {
    JsonNode groups = new ObjectMapper().readTree(directory.resolve("targets.json").toFile());
    assertThat(groups.at("/0/targets"))
        .hasSize(3)
        .allSatisfy(
            target -> {
              URI metrics = URI.create("http://" + target.textValue() + "/metrics");
              try (InputStream in = metrics.toURL().openStream()) {
                assertThat(in.read()).isNotEqualTo(-1);
              }
            });
  }

  @Test
  void refusalOfTheJobIsToldFromFailure() {
    Path jar = Path.of(System.getProperty("turnstile.home"), "job/target/turnstile-job.jar");
    FlinkRest flink = new FlinkRest(URI.create(addresses.get("flink").textValue()));
    assertThatThrownBy(() -> flink.submit(JobSubmission.of(jar, "--lanes", "many")))
        .isInstanceOf(JobRejectedException.class)
        .hasMessageContaining("--lanes")
        .hasMessageNotContaining("Exception");
  }

  @Test
  void topicsOfTheDeploymentAreRightAndOthersAreCreated() {
    assertThat(topics(2, "--topic-accepted", "passed").out())
        .contains("all topics are as the job needs them");
    Run other = topics(2, "--topic-prefix", "other.", "--verdict-config", "retention.ms=86400000");
    assertThat(other.exitCode()).as(other.toString()).isZero();
    Run differing = topics(3, "--topic-prefix", "other.");
    assertThat(differing.exitCode()).isEqualTo(1);
    assertThat(differing.err())
        .contains("topic other.verdicts.accepted has 2 partitions, not one per lane (3)");
  }

  @Test
  void savepointIsTakenAndTheJobRunsOn() throws Exception {
    String job = addresses.get("job_id").textValue();
    Run run = Run.of("savepoint", "--flink", addresses.get("flink").textValue());
    assertThat(run.exitCode()).as(run.toString()).isZero();
    assertThat(Path.of(URI.create(run.out().strip()))).isDirectoryContaining("glob:**/_metadata");
    assertThat(new FlinkRest(URI.create(addresses.get("flink").textValue())).job(job).state())
        .isEqualTo("RUNNING");
  }

  private static Run topics(int lanes, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "topics",
                "--bootstrap-servers",
                addresses.get("bootstrap_servers").textValue(),
                "--lanes",
                Integer.toString(lanes)));
    args.addAll(List.of(more));
    return Run.of(args.toArray(String[]::new));
  }

  @Test
  void everyPartOfTheDeploymentPasses() throws Exception {
    Path out = directory.resolve("check.json");
    Run run =
        check(
            "--signing-key",
            addresses.get("signing_key").textValue(),
            "--jwks",
            addresses.get("jwks").textValue(),
            // What a shared machine manages is not for this test to say.
            "--max-latency",
            "60s",
            "--out",
            out.toString());
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    assertThat(names(run.out()))
        .containsExactly(
            "PASS Kafka",
            "PASS topics",
            "PASS Flink",
            "PASS job",
            "PASS checkpoint",
            "PASS reference topics",
            "PASS signing key published",
            "PASS canary accepted",
            "PASS duplicate rejected",
            "PASS expired token rejected",
            "PASS latency");
    JsonNode report = new ObjectMapper().readTree(out.toFile());
    assertThat(report.get("passed").booleanValue()).isTrue();
    assertThat(report.get("checks")).hasSize(11);
  }

  @Test
  void auditReadsTheTopicsByTheirNames() {
    Run check = check("--signing-key", addresses.get("signing_key").textValue(), "--skip-latency");
    assertThat(check.exitCode()).as(check.toString()).isZero();
    Run audit =
        Run.of(
            "audit",
            "--bootstrap-servers",
            addresses.get("bootstrap_servers").textValue(),
            "--topic-accepted",
            "passed");
    assertThat(audit.exitCode()).as(audit.toString()).isZero();
    assertThat(audit.out()).contains("PASS");
  }

  @Test
  void keyThatTheJobDoesNotKnowIsNamed() throws Exception {
    Path key = directory.resolve("other-key.json");
    TokenIssuer.generate(key, directory.resolve("other-jwks.json"));
    Run run =
        check(
            "--signing-key",
            key.toString(),
            "--jwks",
            addresses.get("jwks").textValue(),
            "--skip-latency");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(names(run.out()))
        .contains("FAIL signing key published", "FAIL canary accepted", "SKIP duplicate rejected");
    assertThat(run.out()).contains("the verdict is TOKEN_INVALID, not ACCEPTED");
  }

  @Test
  void wrongTopicSettingAndUnknownJobAreNamed() throws Exception {
    try (Admin admin =
        Admin.create(Map.of("bootstrap.servers", addresses.get("bootstrap_servers").textValue()))) {
      set(admin, "compact,delete");
      Run run = check("--job", "another");
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(names(run.out())).contains("FAIL topics", "FAIL job", "SKIP verdicts");
      assertThat(run.out())
          .contains("topic inventory has cleanup.policy=compact,delete, not compact")
          .contains("no job another is running; Flink has turnstile (");
      set(admin, "compact");
    }
  }

  @Test
  void topicWithTheWrongNumberOfPartitionsIsNamed() throws Exception {
    create(
        new TopicNames(
            "transactions",
            "inventory",
            "customers",
            "passed",
            "other-rejections",
            "verdicts.dead-letter"),
        3);
    Run run = check("--topic-rejected", "other-rejections");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).contains("topic other-rejections has 3 partitions, not one per lane (2)");
  }

  @Test
  void canaryWithoutVerdictIsNamed() throws Exception {
    // A topic that the job does not read.
    create(
        new TopicNames(
            "other-input",
            "inventory",
            "customers",
            "passed",
            "verdicts.rejected",
            "verdicts.dead-letter"),
        2);
    Run run =
        check(
            "--signing-key",
            addresses.get("signing_key").textValue(),
            "--topic-transactions",
            "other-input",
            "--timeout",
            "10s");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(names(run.out())).contains("PASS topics", "FAIL canary accepted");
    assertThat(run.out()).containsPattern("no committed verdict for other-input/.* within 10 s");
  }

  /** Those of the topics that are not there. */
  private static void create(TopicNames names, int lanes) throws Exception {
    try (Admin admin =
        Admin.create(Map.of("bootstrap.servers", addresses.get("bootstrap_servers").textValue()))) {
      new Topics(names, 2, lanes).create(admin, (short) 1);
    }
  }

  @Test
  void watchShowsVerdictsAndLatency() throws Exception {
    Path out = directory.resolve("watch.json");
    Run run =
        run(
            "watch",
            "--signing-key",
            addresses.get("signing_key").textValue(),
            "--interval",
            "6s",
            "--duration",
            "18s",
            "--out",
            out.toString());
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    assertThat(run.out().lines()).hasSize(4).allSatisfy(line -> assertThat(line).contains(" ms"));
    JsonNode report = new ObjectMapper().readTree(out.toFile());
    assertThat(report.get("healthy").booleanValue()).isTrue();
    assertThat(report.get("looks")).hasSize(4);
    JsonNode last = report.get("looks").get(3);
    assertThat(last.get("job").textValue()).isEqualTo("RUNNING");
    assertThat(last.get("committed_latency_ms").doubleValue()).isPositive();
    assertThat(last.get("unread").isNumber()).isTrue();
    assertThat(last.get("references"))
        .hasSize(2)
        .allSatisfy(
            feed -> {
              assertThat(feed.get("unread").isNumber()).isTrue();
              assertThat(feed.get("malformed")).isEmpty();
            });
    assertThat(report.get("looks").findValues("ACCEPTED"))
        .anySatisfy(count -> assertThat(count.longValue()).isPositive());
  }

  private static void set(Admin admin, String cleanupPolicy) throws Exception {
    admin
        .incrementalAlterConfigs(
            Map.of(
                new ConfigResource(ConfigResource.Type.TOPIC, "inventory"),
                List.of(
                    new AlterConfigOp(
                        new ConfigEntry("cleanup.policy", cleanupPolicy),
                        AlterConfigOp.OpType.SET))))
        .all()
        .get();
  }

  private static Run check(String... args) {
    return run("check", args);
  }

  private static Run run(String command, String... args) {
    List<String> all =
        new ArrayList<>(
            List.of(
                command,
                "--bootstrap-servers",
                addresses.get("bootstrap_servers").textValue(),
                "--topic-accepted",
                "passed",
                "--flink",
                addresses.get("flink").textValue()));
    all.addAll(List.of(args));
    return Run.of(all.toArray(String[]::new));
  }

  /** Status and name of each line. */
  private static List<String> names(String out) {
    return out.lines()
        .map(line -> line.substring(0, 4) + " " + line.substring(6, 28).strip())
        .toList();
  }
}
