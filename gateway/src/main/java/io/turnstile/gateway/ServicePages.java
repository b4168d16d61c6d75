package io.turnstile.gateway;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.turnstile.gateway.http.Reply;
import io.turnstile.gateway.http.Request;
import io.turnstile.gateway.http.Route;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BooleanSupplier;

/** What the gateway tells of itself. Thread-safe. */
final class ServicePages {

  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
  private static final int NO_BODY = 0;

  private final PrometheusMeterRegistry metrics;
  private final BooleanSupplier following;
  private final byte[] openApi = openApi();
  private volatile boolean stopping;

  /**
   * @param following whether verdicts are being read
   */
  ServicePages(PrometheusMeterRegistry metrics, BooleanSupplier following) {
    this.metrics = metrics;
    this.following = following;
  }

  private static byte[] openApi() {
    try (InputStream in = ServicePages.class.getResourceAsStream("openapi.json")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("the JAR lacks openapi.json", e);
    }
  }

  /** Never bounded: they must answer when nothing else does. */
  List<Route> routes() {
    return List.of(
        get("/livez", request -> Future.succeededFuture(text(200, "alive"))),
        get("/readyz", request -> Future.succeededFuture(readiness())),
        get("/metrics", this::metrics),
        get(
            "/openapi.json",
            request -> Future.succeededFuture(Reply.of(200, "application/json", openApi))));
  }

  private static Route get(String path, Route.Handler handler) {
    return new Route(HttpMethod.GET, path, NO_BODY, false, handler);
  }

  private Reply readiness() {
    if (stopping) {
      return text(503, "stopping");
    }
    return following.getAsBoolean()
        ? text(200, "ready")
        : text(503, "committed verdicts cannot be read");
  }

  private Future<Reply> metrics(Request request) {
    Context loop = Vertx.currentContext();
    return loop.executeBlocking(
        () -> Reply.of(200, PROMETHEUS, metrics.scrape().getBytes(StandardCharsets.UTF_8)), false);
  }

  private static Reply text(int status, String text) {
    return Reply.of(status, TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  /** From now on it is not ready. */
  void stopping() {
    stopping = true;
  }
}
