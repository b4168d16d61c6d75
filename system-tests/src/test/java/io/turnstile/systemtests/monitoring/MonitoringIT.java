package io.turnstile.systemtests.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.turnstile.simulator.TokenKind;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.GatewayProcess;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.testbed.Ports;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A real Prometheus reads the running job: no rule and no panel asks for what does not exist. */
class MonitoringIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private static Path directory;

  @RegisterExtension
  private static final TestbedExtension TESTBED = new TestbedExtension(TestbedConfig.defaults());

  private static final ExecutorService LOAD = Executors.newSingleThreadExecutor();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static Deployment turnstile;
  private static GatewayProcess gateway;
  private static Process prometheus;
  private static URI api;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(Monitoring.isInstalled("prometheus"), "Prometheus is not installed");
    turnstile = new Deployment(TESTBED.testbed(), "monitored.", directory);
    turnstile.publishProduct("p-1");
    turnstile.submit("--commit", "journal", "--checkpoint-interval", "1s", "--parallelism", "2");
    gateway = GatewayProcess.start(turnstile);
    Future<?> unused = LOAD.submit(MonitoringIT::send);
    startPrometheus();
  }

  /** Accepted ones, duplicates and malformed ones, until the end. */
  private static Void send() throws Exception {
    for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
      turnstile.send(turnstile.transaction("t-" + i / 2, "c-" + i % 20, "p-1", i));
      turnstile.sendToEveryPartition(1);
      if (i % 20 == 0) {
        ask("h-" + i, i);
      }
    }
    return null;
  }

  private static void ask(String id, int amount) throws Exception {
    String body =
        """
        {"transaction_id": "%s", "customer_id": "c-h", "product_id": "p-1", "quantity": 1,
         "amount": %d, "currency": "EUR", "occurred_at": 1}"""
            .formatted(id, amount);
    HTTP.send(
        HttpRequest.newBuilder(gateway.address().resolve("/v1/transactions"))
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + turnstile.token(TokenKind.VALID, "c-h"))
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.discarding());
  }

  private static void startPrometheus() throws IOException {
    // Rules are computed every 15 s otherwise.
    Path rules = directory.resolve("rules.yaml");
    Files.writeString(
        rules, Files.readString(Monitoring.RULES).replace("interval: 15s", "interval: 1s"));
    Path config = directory.resolve("prometheus.yaml");
    Files.writeString(
        config,
        """
        global: {scrape_interval: 1s, evaluation_interval: 1s}
        rule_files: [%s]
        scrape_configs:
          - job_name: flink
            static_configs: [{targets: ['%s', '%s', '%s'], labels: {namespace: test}}]
        """
            .formatted(
                rules,
                TESTBED.testbed().metrics(TestbedProcess.JOB_MANAGER).getAuthority(),
                TESTBED.testbed().metrics(TestbedProcess.taskManager(1)).getAuthority(),
                gateway.address().getAuthority()));
    int port = new Ports().free();
    api = URI.create("http://127.0.0.1:" + port + "/api/v1/");
    prometheus =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + config,
                "--storage.tsdb.path=" + directory.resolve("tsdb"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("prometheus.log").toFile())
            .start();
  }

  @AfterAll
  static void stop() throws Exception {
    LOAD.shutdownNow();
    if (prometheus != null) {
      prometheus.destroy();
      assertThat(prometheus.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(LOAD.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    if (gateway != null) {
      gateway.close();
    }
    if (turnstile != null) {
      turnstile.close();
    }
  }

  @Test
  void everyMetricOfRulesAndDashboardExists() throws IOException {
    assertThat(Monitoring.metrics()).isNotEmpty();
    awaitData(
        Monitoring.metrics().stream()
            .filter(MonitoringIT::isNotOfPostgresql)
            .map("count(%s)"::formatted)
            .toList());
  }

  @Test
  void everyPanelShowsData() throws IOException {
    awaitData(
        Monitoring.dashboardExpressions().stream()
            .filter(MonitoringIT::isNotOfPostgresql)
            .toList());
  }

  /** The verdicts of this job are in Kafka. */
  private static boolean isNotOfPostgresql(String expression) {
    return !expression.contains("jdbc");
  }

  @Test
  void rulesAreComputedAndCallNobodyWhenAllIsWell() {
    awaitData(List.of("turnstile:committed_latency_ms:p99 > 0", "turnstile:unavailable == 0"));
    JsonNode groups = get("rules").at("/data/groups");
    assertThat(groups.findValuesAsText("health")).isNotEmpty().containsOnly("ok");
    assertThat(groups.findValuesAsText("lastError")).allSatisfy(e -> assertThat(e).isEmpty());
    // Many inputs are malformed, and on a slow machine a cold job is late: both alerts fire.
    assertThat(firing())
        .allSatisfy(
            name ->
                assertThat(name)
                    .containsAnyOf("TurnstileErrorShare", "TurnstileAvailabilityBurns"));
  }

  private static List<String> firing() {
    return query("ALERTS{alertstate='firing',severity='critical'}").findValuesAsText("alertname");
  }

  private static void awaitData(List<String> expressions) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () ->
                assertThat(expressions)
                    .filteredOn(expression -> query(expression).isEmpty())
                    .as("without data")
                    .isEmpty());
  }

  private static JsonNode query(String expression) {
    JsonNode answer = get("query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
    assertThat(answer.path("status").asText()).as(expression + answer).isEqualTo("success");
    return answer.at("/data/result");
  }

  private static JsonNode get(String path) {
    try {
      return new ObjectMapper()
          .readTree(
              HTTP.send(HttpRequest.newBuilder(api.resolve(path)).build(), BodyHandlers.ofString())
                  .body());
    } catch (IOException e) {
      // Prometheus may not listen yet.
      return MissingNode.getInstance();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
