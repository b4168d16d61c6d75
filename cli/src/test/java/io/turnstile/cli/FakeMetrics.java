package io.turnstile.cli;

import com.sun.net.httpserver.HttpServer;
import io.turnstile.clients.FlinkRest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;

/** A fake Flink that answers for the metrics of vertex {@code v1} of job {@code a1}. */
final class FakeMetrics implements AutoCloseable {

  /** By id: what follows it in its JSON object. */
  private final Map<String, String> metrics = new ConcurrentSkipListMap<>();

  private final HttpServer flink;
  private volatile int longestTarget;

  FakeMetrics() throws IOException {
    flink = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    flink.createContext(
        "/jobs/a1/vertices/v1/subtasks/metrics",
        exchange -> {
          String query = exchange.getRequestURI().getQuery();
          longestTarget = Math.max(longestTarget, exchange.getRequestURI().toString().length());
          String wanted = query == null ? "" : query.substring(query.indexOf("get=") + 4);
          byte[] body =
              metrics.entrySet().stream()
                  .filter(
                      each -> query == null || List.of(wanted.split(",")).contains(each.getKey()))
                  .map(each -> "{\"id\":\"" + each.getKey() + "\"" + each.getValue() + "}")
                  .collect(Collectors.joining(",", "[", "]"))
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    flink.start();
  }

  /**
   * Sets a metric.
   *
   * @param fields of its JSON object, with a comma before each
   */
  void put(String id, String fields) {
    metrics.put(id, fields);
  }

  /** Sets a metric that has a sum alone. */
  void put(String id, long sum) {
    put(id, ",\"sum\":" + sum);
  }

  FlinkRest rest() {
    return new FlinkRest(
        URI.create(
            "http://"
                + flink.getAddress().getAddress().getHostAddress()
                + ":"
                + flink.getAddress().getPort()));
  }

  /** Characters of the longest request target so far. */
  int longestTarget() {
    return longestTarget;
  }

  @Override
  public void close() {
    flink.stop(0);
  }
}
