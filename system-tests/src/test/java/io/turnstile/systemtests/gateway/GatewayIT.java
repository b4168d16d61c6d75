package io.turnstile.systemtests.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.Shape;
import io.turnstile.simulator.TokenKind;
import io.turnstile.simulator.http.AnswerAudit;
import io.turnstile.simulator.http.AnswerLedger;
import io.turnstile.simulator.http.GatewayClient;
import io.turnstile.simulator.http.Question;
import io.turnstile.simulator.http.WebhookClient;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.GatewayProcess;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.testbed.TestbedConfig;
import java.lang.management.ManagementFactory;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One request, one committed verdict; and the examples of the documents, as they are there. */
class GatewayIT {

  private static final Path HOME = Path.of(System.getProperty("turnstile.home"));
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```\\R(.*?)^```");
  private static final int CONNECTIONS = 5_000;
  private static final int WEBHOOK_RECORDS = Integer.getInteger("webhook.records", 20_000);
  private static final int BATCH = 4_000;
  private static final String SECRET = "a-secret-of-the-test-of-32-characters";

  @TempDir static Path directory;

  @RegisterExtension
  static final TestbedExtension TESTBED = new TestbedExtension(TestbedConfig.defaults());

  private static Deployment turnstile;
  private static Path secrets;
  private static GatewayProcess gateway;

  @BeforeAll
  static void start() throws Exception {
    turnstile = new Deployment(TESTBED.testbed(), "gate.", directory);
    turnstile.publishProduct("p-1");
    turnstile.submit("--product-wait", "1s");
    secrets = Files.writeString(directory.resolve("secrets"), SECRET + "\n");
    gateway = GatewayProcess.start(turnstile, "--webhook-secrets", secrets.toString());
    awaitReady(gateway);
  }

  @AfterAll
  static void stop() {
    if (gateway != null) {
      gateway.close();
    }
    if (turnstile != null) {
      turnstile.close();
    }
  }

  private static void awaitReady(GatewayProcess each) {
    await().atMost(Deployment.PATIENCE).until(() -> each.get("/readyz", null).statusCode() == 200);
  }

  private static HttpResponse<String> post(
      GatewayProcess to, String id, String customerId, String productId, TokenKind token)
      throws Exception {
    String body =
        """
        {"transaction_id": "%s", "customer_id": "%s", "product_id": "%s", "quantity": 1,
         "amount": 5, "currency": "EUR", "occurred_at": 1}"""
            .formatted(id, customerId, productId);
    return to.post(body, turnstile.token(token, customerId));
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "docs/gateway.md"})
  void examplesOfTheDocumentsWork(String document) throws Exception {
    List<String> examples = examples(document);
    assertThat(examples).isNotEmpty();
    for (String example : examples) {
      String first = run(example);
      assertThat(first).contains("HTTP/1.1 200 OK");
      if (example.contains("/v1/transactions")) {
        assertThat(body(first)).contains("\"outcome\":\"accepted\"");
        assertThat(body(run(example))).isEqualTo(body(first));
      }
    }
  }

  /** The blocks that ask the gateway something. */
  private static List<String> examples(String document) throws Exception {
    Matcher blocks = BLOCK.matcher(Files.readString(HOME.resolve(document)));
    return blocks
        .results()
        .map(block -> block.group(1))
        .filter(block -> block.contains("http://localhost:8080"))
        .toList();
  }

  private static String run(String example) throws Exception {
    ProcessBuilder bash =
        new ProcessBuilder(
                "bash",
                "-euo",
                "pipefail",
                "-c",
                example.replace("http://localhost:8080", gateway.address().toString()))
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    bash.environment()
        .putAll(Map.of("TOKEN", turnstile.token(TokenKind.VALID, "c-1"), "SECRET", SECRET));
    Process process = bash.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(example + "\n" + out).isZero();
    return out;
  }

  private static String body(String answer) {
    return answer.substring(answer.indexOf("\r\n\r\n") + 4);
  }

  @Test
  void everyVerdictHasItsStatus() throws Exception {
    assertThat(post(gateway, "s-1", "c-2", "p-1", TokenKind.VALID).statusCode()).isEqualTo(200);
    assertThat(post(gateway, "s-2", "c-3", "p-1", TokenKind.EXPIRED).statusCode()).isEqualTo(401);
    assertThat(post(gateway, "s-2", "c-3", "p-1", TokenKind.FORGED).statusCode()).isEqualTo(401);
    assertThat(post(gateway, "s-2", "c-3", "p-0", TokenKind.VALID).statusCode()).isEqualTo(404);
    HttpResponse<String> sameContent = post(gateway, "s-3", "c-2", "p-1", TokenKind.VALID);
    assertThat(sameContent.statusCode()).isEqualTo(409);
    assertThat(sameContent.body()).contains("DUPLICATE_CONTENT");
    // What was rejected for its token is accepted with a good one.
    assertThat(post(gateway, "s-2", "c-3", "p-1", TokenKind.VALID).statusCode()).isEqualTo(200);
  }

  @Test
  void retryAtAnotherInstanceAfterACrashGetsTheFirstAnswer() throws Exception {
    HttpResponse<String> first;
    try (GatewayProcess crashes =
        GatewayProcess.start(turnstile, "--webhook-secrets", secrets.toString())) {
      awaitReady(crashes);
      first = post(crashes, "r-1", "c-4", "p-1", TokenKind.VALID);
      crashes.kill();
    }
    assertThat(first.statusCode()).isEqualTo(200);
    for (int i = 0; i < 3; i++) {
      HttpResponse<String> again = post(gateway, "r-1", "c-4", "p-1", TokenKind.VALID);
      assertThat(again.statusCode()).isEqualTo(200);
      assertThat(again.body()).isEqualTo(first.body());
    }
  }

  /** Which another instance has answered, and this one may never have seen. */
  @Test
  void verdictOfThePastIsFoundByItsPosition() throws Exception {
    HttpResponse<String> first = post(gateway, "p-1", "c-5", "p-1", TokenKind.VALID);
    Matcher position =
        Pattern.compile("\"source_partition\":(\\d+),\"source_offset\":(\\d+)")
            .matcher(first.body());
    assertThat(position.find()).isTrue();
    String path = "/v1/verdicts/" + position.group(1) + "/" + position.group(2);
    try (GatewayProcess other =
        GatewayProcess.start(turnstile, "--webhook-secrets", secrets.toString())) {
      HttpResponse<String> found = other.get(path, turnstile.token(TokenKind.VALID, "c-5"));
      assertThat(found.statusCode()).isEqualTo(200);
      assertThat(found.body()).isEqualTo(first.body());
      assertThat(other.get(path, turnstile.token(TokenKind.VALID, "c-6")).statusCode())
          .isEqualTo(404);
    }
  }

  @Tag("extended")
  @Test
  void fiveThousandConnectionsFitIntoASmallProcess() throws Exception {
    assumeTrue(
        ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
            && unix.getMaxFileDescriptorCount() > CONNECTIONS + 1_000,
        "a process may not open so many sockets");
    Path file = directory.resolve("answers.jsonl");
    List<String> small = List.of("-Xmx160m", "-XX:MaxDirectMemorySize=96m");
    CountDownLatch answered = new CountDownLatch(CONNECTIONS);
    try (GatewayProcess many = GatewayProcess.start(turnstile, 0, small);
        AnswerLedger ledger = new AnswerLedger(file, false)) {
      awaitReady(many);
      try (GatewayClient client =
          GatewayClient.connect(List.of(many.address()), CONNECTIONS, ledger)) {
        for (int i = 0; i < CONNECTIONS; i++) {
          String customer = "c-many-" + i % 100;
          client.ask(
              Question.of(
                  turnstile.transaction("many-" + i, customer, "p-1", i),
                  Shape.PLAIN,
                  () -> turnstile.token(TokenKind.VALID, customer),
                  System.nanoTime()),
              answer -> answered.countDown());
        }
        assertThat(answered.await(Deployment.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      }
    }
    AnswerAudit audit =
        AnswerAudit.of(
            new KafkaConnection(
                turnstile.testbed().bootstrapServers(), Map.of(), turnstile.topics()),
            List.of(file));
    assertThat(audit.passed()).as(audit.summary() + audit.examples()).isTrue();
    assertThat(audit.acceptances()).isEqualTo(CONNECTIONS);
  }

  @Test
  void productsGoInByBatchesAndForgedOrReplayedOnesAreRefused() throws Exception {
    WebhookClient partner = new WebhookClient(gateway.address(), SECRET, Clock.systemUTC());
    WebhookClient forger = new WebhookClient(gateway.address(), SECRET + "x", Clock.systemUTC());
    long before = productsInTopic();
    String batch = "";
    for (int from = 0; from < WEBHOOK_RECORDS; from += BATCH) {
      batch =
          IntStream.range(from, Math.min(from + BATCH, WEBHOOK_RECORDS))
              .mapToObj(
                  i ->
                      new Product(
                          "w-" + i, "Product " + i, "test", 100, "EUR", 1, 1, 1_790_000_000L))
              .map(product -> new String(ProductCodec.encode(product), StandardCharsets.UTF_8))
              .collect(Collectors.joining(",", "[", "]"));
      partner.deliver("/v1/inventory", batch);
    }
    assertThat(productsInTopic() - before).isEqualTo(WEBHOOK_RECORDS);

    String signature = partner.signature(batch + " ");
    assertThat(partner.post("/v1/inventory", batch + " ", signature)).isEqualTo(200);
    assertThat(partner.post("/v1/inventory", batch + " ", signature)).as("replayed").isEqualTo(401);
    assertThat(partner.post("/v1/inventory", batch + "  ", signature)).as("changed").isEqualTo(401);
    assertThat(partner.post("/v1/inventory", batch, forger.signature(batch)))
        .as("forged")
        .isEqualTo(401);
    long records = WEBHOOK_RECORDS % BATCH == 0 ? BATCH : WEBHOOK_RECORDS % BATCH;
    assertThat(productsInTopic() - before).isEqualTo(WEBHOOK_RECORDS + records);
    assertThat(
            post(gateway, "w-1", "c-7", "w-" + (WEBHOOK_RECORDS - 1), TokenKind.VALID).statusCode())
        .isEqualTo(200);
  }

  private static long productsInTopic() throws Exception {
    try (Admin admin = turnstile.admin()) {
      return admin
          .listOffsets(
              IntStream.range(0, Deployment.LANES)
                  .boxed()
                  .collect(
                      Collectors.toMap(
                          i -> new TopicPartition(turnstile.topics().inventory(), i),
                          i -> OffsetSpec.latest())))
          .all()
          .get()
          .values()
          .stream()
          .mapToLong(each -> each.offset())
          .sum();
    }
  }

  @Test
  void instanceThatIsAskedToEndDoesSo() throws Exception {
    try (GatewayProcess ends =
        GatewayProcess.start(turnstile, "--webhook-secrets", secrets.toString())) {
      assertThat(ends.stop()).isEqualTo(143);
    }
  }
}
