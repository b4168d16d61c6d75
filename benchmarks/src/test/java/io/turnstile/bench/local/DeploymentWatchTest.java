package io.turnstile.bench.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.turnstile.bench.engine.FlinkJob;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.run.FakeTestbed;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.Screen;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeploymentWatchTest {

  private static final String JOB = "/jobs/a1";

  /** Answers of Flink by path; to all other paths it says 404. */
  private final Map<String, String> answers = new TreeMap<>();

  private final List<String> calls = new ArrayList<>();
  private final StringWriter out = new StringWriter();
  private HttpServer flink;
  private DeploymentWatch watch;

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
    URI uri = URI.create("http://" + host.getHostAddress() + ":" + flink.getAddress().getPort());
    FlinkJob job = new FlinkJob(new FlinkRest(uri), "a1");
    RunningEngine engine =
        new RunningEngine() {
          @Override
          public Optional<FlinkJob> flinkJob() {
            return Optional.of(job);
          }

          @Override
          public Map<String, String> settings() {
            return Map.of();
          }

          @Override
          public void close() {}
        };
    watch =
        new DeploymentWatch(
            FakeTestbed.notingIn(calls), engine, new Screen(new PrintWriter(out), false));
  }

  @AfterEach
  void stop() {
    flink.stop(0);
  }

  @Test
  void jobThatIsOverIsReportedThoughFlinkDoesNotSayWhy() {
    answers.put(JOB, "{\"jid\": \"a1\", \"state\": \"FAILED\"}");

    assertThatThrownBy(() -> watch.look())
        .isInstanceOf(CheckFailedException.class)
        .hasMessage("the job is FAILED");
    assertThat(calls).containsExactly("keepLogs");
  }

  @Test
  void restartIsReportedOnceThoughFlinkDoesNotSayWhy() {
    answers.put(JOB, "{\"jid\": \"a1\", \"state\": \"RUNNING\"}");
    answers.put(JOB + "/metrics", "[{\"id\": \"numRestarts\", \"value\": \"1\"}]");

    watch.look();
    watch.look();

    assertThat(out.toString()).containsOnlyOnce("the job restarted");
  }

  @Test
  void flinkThatDoesNotAnswerIsNoFailure() {
    watch.look();

    assertThat(calls).isEmpty();
  }
}
