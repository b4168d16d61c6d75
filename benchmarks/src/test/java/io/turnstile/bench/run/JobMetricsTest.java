package io.turnstile.bench.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.turnstile.bench.engine.FlinkJob;
import io.turnstile.bench.result.RunResult.ScenarioMetric;
import io.turnstile.clients.FlinkRest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JobMetricsTest {

  private static final int SECONDS_BETWEEN = 5;

  /** By the name of a metric. */
  private final Map<String, String> values = new TreeMap<>();

  private final JobMetrics metrics = new JobMetrics();
  private HttpServer flink;
  private FlinkJob job;

  @BeforeEach
  void start() throws IOException {
    InetAddress host = InetAddress.getLoopbackAddress();
    flink = HttpServer.create(new InetSocketAddress(host, 0), 0);
    flink.createContext(
        "/",
        exchange -> {
          String asked = exchange.getRequestURI().getQuery();
          String answer =
              asked == null
                  ? "{\"vertices\": [{\"id\": \"b2\", \"name\": \"turnstile -> end: Writer\"}]}"
                  : values.getOrDefault(asked.substring("get=".length()), "");
          byte[] body =
              (asked == null ? answer : "[" + answer + "]").getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    flink.start();
    URI uri = URI.create("http://" + host.getHostAddress() + ":" + flink.getAddress().getPort());
    job = new FlinkJob(new FlinkRest(uri), "a1");
  }

  @AfterEach
  void stop() {
    flink.stop(0);
  }

  private void noteFor(int seconds) {
    for (int i = 0; i < seconds; i++) {
      metrics.note(job);
    }
  }

  @Test
  void useOfThePoolIsTheMeanOfAllLanesAndTheLongestWait() {
    values.put("numRecordsIn", "{\"sum\": 1}");
    values.put("turnstile.jdbcConnectionsActive", "{\"max\": 1, \"sum\": 2}");
    values.put("turnstile.jdbcConnectionsAwaited", "{\"max\": 0, \"sum\": 0}");
    values.put("turnstile.jdbcConnectionWaitMillis_p99", "{\"max\": 7, \"sum\": 9}");
    noteFor(SECONDS_BETWEEN);
    values.put("turnstile.jdbcConnectionsActive", "{\"max\": 2, \"sum\": 3}");
    values.put("turnstile.jdbcConnectionWaitMillis_p99", "{\"max\": 5, \"sum\": 9}");
    noteFor(SECONDS_BETWEEN);
    assertThat(metrics.pool()).extracting(ScenarioMetric::value).containsExactly(2.5, 0.0, 7.0);
  }

  @Test
  void jobWithoutAPoolHasNoneToShow() {
    values.put("numRecordsIn", "{\"sum\": 1}");
    noteFor(SECONDS_BETWEEN);
    assertThat(metrics.pool()).isEmpty();
  }

  @Test
  void recordsAreCountedBetweenTheFirstNoteAndTheLast() {
    values.put("numRecordsIn", "{\"sum\": 10}");
    noteFor(SECONDS_BETWEEN);
    assertThat(metrics.processedPerS()).isNull();
    values.put("numRecordsIn", "{\"sum\": 30}");
    noteFor(SECONDS_BETWEEN);
    assertThat(metrics.processedPerS()).isPositive();
  }
}
