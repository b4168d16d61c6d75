package io.turnstile.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.turnstile.clients.RecoveryTimeline.Stage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a server that answers as Flink does. */
class RecoveryTimelineTest {

  private static final Instant FAULT = Instant.ofEpochMilli(10_000);

  private final Map<String, String> answers = new HashMap<>();
  private HttpServer server;
  private FlinkRest flink;

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String answer = answers.get(exchange.getRequestURI().toString());
          byte[] bytes = (answer == null ? "{}" : answer).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(answer == null ? 404 : 200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    flink = new FlinkRest(URI.create("http://127.0.0.1:" + server.getAddress().getPort()));
    answers.put(
        "/jobs/j",
        "{\"timestamps\":{\"RESTARTING\":10900,\"RUNNING\":5},\"vertices\":[{\"id\":\"v\"},{\"id\":\"w\"}]}");
    answers.put(
        "/jobs/j/exceptions",
        "{\"exceptionHistory\":{\"entries\":["
            + "{\"timestamp\":11500,\"stacktrace\":\"late\"},"
            + "{\"timestamp\":10700,\"stacktrace\":\"lost\"},"
            + "{\"timestamp\":9000,\"stacktrace\":\"before\"}]}}");
    answers.put(
        "/jobs/j/vertices/v/subtasktimes",
        "{\"subtasks\":[{\"timestamps\":{\"INITIALIZING\":11000,\"RUNNING\":13000}},"
            + "{\"timestamps\":{\"INITIALIZING\":11200,\"RUNNING\":12000}}]}");
    answers.put(
        "/jobs/j/vertices/w/subtasktimes",
        "{\"subtasks\":[{\"timestamps\":{\"INITIALIZING\":11100,\"RUNNING\":11900}}]}");
    answers.put("/jobs/j/vertices/v/subtasks/metrics", "[{\"id\":\"turnstile.commits\"}]");
    answers.put("/jobs/j/vertices/w/subtasks/metrics", "[]");
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void stageIsReachedWhenTheLastTaskHasReachedIt() {
    assertThat(RecoveryTimeline.read(flink, "j", FAULT).stages())
        .containsExactly(
            Map.entry(Stage.NOTICED, Duration.ofMillis(700)),
            Map.entry(Stage.RESTARTING, Duration.ofMillis(900)),
            Map.entry(Stage.DEPLOYED, Duration.ofMillis(1_200)),
            Map.entry(Stage.RUNNING, Duration.ofMillis(3_000)));
  }

  @Test
  void stagesHaveNamesAndSeconds() {
    assertThat(RecoveryTimeline.read(flink, "j", FAULT).seconds())
        .containsExactly(
            Map.entry("noticed", 0.7),
            Map.entry("restarting", 0.9),
            Map.entry("deployed", 1.2),
            Map.entry("running", 3.0));
  }

  @Test
  void stageThatASubtaskHasNotReachedIsLeftOut() {
    answers.put(
        "/jobs/j/vertices/w/subtasktimes",
        "{\"subtasks\":[{\"timestamps\":{\"INITIALIZING\":11100,\"RUNNING\":0}}]}");

    assertThat(RecoveryTimeline.read(flink, "j", FAULT).stages())
        .containsKey(Stage.DEPLOYED)
        .doesNotContainKey(Stage.RUNNING);

    answers.put("/jobs/j/vertices/v/subtasktimes", "{\"subtasks\":[{\"timestamps\":{}}]}");

    assertThat(RecoveryTimeline.read(flink, "j", FAULT).stages())
        .containsOnlyKeys(Stage.NOTICED, Stage.RESTARTING);
  }

  @Test
  void operatorsTellTheirOwnStages() {
    answers.put(
        "/jobs/j/vertices/v/subtasks/metrics",
        "[{\"id\":\"turnstile.fencedAtMillis\"},{\"id\":\"turnstile.referencesReadAtMillis\"},"
            + "{\"id\":\"turnstile.tailReadAtMillis\"},{\"id\":\"turnstile.restoredAtMillis\"}]");
    answers.put(
        "/jobs/j/vertices/v/subtasks/metrics?agg=max&get=turnstile.fencedAtMillis,"
            + "turnstile.referencesReadAtMillis,turnstile.tailReadAtMillis,"
            + "turnstile.restoredAtMillis",
        "[{\"id\":\"turnstile.fencedAtMillis\",\"max\":11400},"
            + "{\"id\":\"turnstile.referencesReadAtMillis\",\"max\":11300},"
            + "{\"id\":\"turnstile.tailReadAtMillis\",\"max\":11500},"
            + "{\"id\":\"turnstile.restoredAtMillis\",\"max\":9999}]");
    answers.put(
        "/jobs/j/vertices/w/subtasks/metrics", "[{\"id\":\"add_product.referencesReadAtMillis\"}]");
    answers.put(
        "/jobs/j/vertices/w/subtasks/metrics?agg=max&get=add_product.referencesReadAtMillis",
        "[{\"id\":\"add_product.referencesReadAtMillis\",\"max\":11800}]");

    assertThat(RecoveryTimeline.read(flink, "j", FAULT).stages())
        .containsEntry(Stage.FENCED, Duration.ofMillis(1_400))
        .containsEntry(Stage.TAIL_READ, Duration.ofMillis(1_500))
        .containsEntry(Stage.REFERENCES_READ, Duration.ofMillis(1_800))
        // It is of before the fault.
        .doesNotContainKey(Stage.RESTORED);
  }
}
