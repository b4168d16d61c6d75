package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Output of {@code check} and {@code watch} when Kafka is down or the job fails: a fake Flink. */
class CheckCommandTest {

  private final Map<String, String> answers = new HashMap<>();
  private HttpServer flink;
  private String noKafka;

  @BeforeEach
  void start() throws IOException {
    InetAddress host = InetAddress.getLoopbackAddress();
    flink = HttpServer.create(new InetSocketAddress(host, 0), 0);
    flink.createContext(
        "/",
        exchange -> {
          String answer = answers.get(exchange.getRequestURI().getPath());
          byte[] body = (answer == null ? "{}" : answer).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(answer == null ? 404 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    flink.start();
    try (ServerSocket free = new ServerSocket(0, 1, host)) {
      noKafka = host.getHostAddress() + ":" + free.getLocalPort();
    }
    answers.put("/config", "{\"flink-version\":\"2.2.1\"}");
    answers.put("/taskmanagers", "{\"taskmanagers\":[]}");
  }

  @AfterEach
  void stop() {
    flink.stop(0);
  }

  private void jobIs(String state) {
    String job =
        "{\"jid\":\"a1\",\"name\":\"turnstile\",\"state\":\"%s\",\"start-time\":1,"
            .formatted(state);
    answers.put("/jobs/overview", "{\"jobs\":[" + job + "\"tasks\":{}}]}");
    answers.put("/jobs/a1", job + "\"vertices\":[]}");
    answers.put(
        "/jobs/a1/exceptions",
        "{\"exceptionHistory\":{\"entries\":[{\"timestamp\":1,\"stacktrace\":"
            + "\"java.lang.Exception: failed\\nCaused by: java.lang.IllegalStateException: lane 3: verdicts were deleted\"}]}}");
    answers.put("/jobs/a1/metrics", "[]");
    answers.put("/jobs/a1/checkpoints", "{}");
  }

  @Test
  void brokersThatDoNotAnswerAreNamed() {
    Run run = run("check", "--timeout", "1s");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).containsPattern("FAIL +Kafka").containsPattern("SKIP +topics");
  }

  @Test
  void jobThatFailedIsNamedWithItsCause() {
    jobIs("FAILED");
    Run run = run("check", "--timeout", "1s");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out())
        .containsPattern("FAIL +job .*FAILED: lane 3: verdicts were deleted")
        .containsPattern("SKIP +checkpoint");
  }

  @Test
  void jobThatRestartsIsNamedWithItsCause() {
    jobIs("RESTARTING");
    Run run = run("check", "--timeout", "1s");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).containsPattern("FAIL +job .*RESTARTING: lane 3: verdicts were deleted");
  }

  @Test
  void watchGoesOnAndEndsWith1() {
    jobIs("RESTARTING");
    Run run = run("watch", "--timeout", "500ms", "--interval", "1ms", "--duration", "1ms");
    assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
    assertThat(run.out().lines())
        .hasSize(2)
        .allSatisfy(
            line ->
                assertThat(line)
                    .contains("job RESTARTING", "PROBLEM Kafka: ")
                    .contains("the job is RESTARTING: lane 3: verdicts were deleted"));
  }

  /** Kafka's own default for a request is 30 s, and what a file says may be more. */
  @Test
  void shortTimeoutHoldsWhateverTheClientPropertiesSay(@TempDir Path directory) throws Exception {
    jobIs("RUNNING");
    Path properties = directory.resolve("client.properties");
    Files.writeString(properties, "request.timeout.ms=40000\ndefault.api.timeout.ms=50000\n");
    Path key = directory.resolve("key.json");
    Files.writeString(
        key, new ECKeyGenerator(Curve.P_256).keyID("check").generate().toJSONString());
    String[] options = {
      "--timeout",
      "500ms",
      "--client-properties",
      properties.toString(),
      "--signing-key",
      key.toString()
    };
    assertThat(run("check", options).out()).containsPattern("FAIL +Kafka .*imed out");
    List<String> watch = new ArrayList<>(List.of(options));
    watch.addAll(List.of("--interval", "1ms", "--duration", "0ms"));
    assertThat(run("watch", watch.toArray(String[]::new)).out())
        .contains("PROBLEM", "canary", "Kafka: ");
    Run topics =
        Run.of(
            "topics",
            "--bootstrap-servers",
            noKafka,
            "--timeout",
            "500ms",
            "--client-properties",
            properties.toString());
    assertThat(topics.exitCode()).isEqualTo(1);
    assertThat(topics.err()).contains("Kafka refuses or does not answer").contains("imed out");
  }

  @Test
  void fileOfAWatchHoldsEveryLook(@TempDir Path directory) throws Exception {
    jobIs("RESTARTING");
    Path out = directory.resolve("watch.json");
    run(
        "watch",
        "--timeout",
        "1ms",
        "--interval",
        "1ms",
        "--duration",
        "2ms",
        "--out",
        out.toString());
    assertThat(new ObjectMapper().readTree(out.toFile()).get("looks")).hasSize(3);
  }

  private Run run(String command, String... args) {
    String[] all = new String[args.length + 5];
    all[0] = command;
    all[1] = "--bootstrap-servers";
    all[2] = noKafka;
    all[3] = "--flink";
    all[4] = "http://127.0.0.1:" + flink.getAddress().getPort();
    System.arraycopy(args, 0, all, 5, args.length);
    return Run.of(all);
  }
}
