package io.turnstile.feeds;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Answers {@code /metrics} and {@code /livez}. Thread-safe. */
final class MetricsServer implements AutoCloseable {

  private final HttpServer server;

  /**
   * Listens.
   *
   * @param port 0 for a free one
   * @throws IOException if it cannot
   */
  MetricsServer(String host, int port, PrometheusMeterRegistry metrics) throws IOException {
    try {
      server = HttpServer.create(new InetSocketAddress(host, port), 0);
    } catch (IOException e) {
      throw new IOException("cannot listen at %s:%d: %s".formatted(host, port, e.getMessage()), e);
    }
    server.createContext(
        "/metrics",
        exchange -> answer(exchange, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape()));
    server.createContext(
        "/livez", exchange -> answer(exchange, "text/plain; charset=utf-8", "alive"));
    server.start();
  }

  private static void answer(HttpExchange exchange, String type, String text) throws IOException {
    try (exchange) {
      byte[] body = text.getBytes(UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
