package io.turnstile.gateway.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests of one event loop by their routes, within limits. Used on that loop only.
 */
final class Router {

  private static final Logger LOG = LoggerFactory.getLogger(Router.class);

  /** When those who find no room may come again. */
  static final Duration SOON = Duration.ofSeconds(1);

  /** How long the rest of a body that is not wanted is let in. */
  private static final Duration LINGER = Duration.ofSeconds(1);

  private static final String NO_ROUTE = "none";

  private static final Duration[] BUCKETS = {
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2_500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10)
  };

  private final Vertx vertx;
  private final List<Route> routes;
  private final Duration bodyTimeout;
  private final InFlight inFlight;
  private final BodyMemory bodies;
  private final Connections connections;
  private final MeterRegistry metrics;

  /**
   * @param bodyTimeout for the whole body of a request, from its head on
   */
  Router(
      Vertx vertx,
      List<Route> routes,
      Duration bodyTimeout,
      InFlight inFlight,
      BodyMemory bodies,
      Connections connections,
      MeterRegistry metrics) {
    this.vertx = vertx;
    this.routes = List.copyOf(routes);
    this.bodyTimeout = bodyTimeout;
    this.inFlight = inFlight;
    this.bodies = bodies;
    this.connections = connections;
    this.metrics = metrics;
  }

  /** A route that has the path of a request, and the parameters in it. */
  private record Match(Route route, Map<String, String> parameters) {}

  void handle(HttpServerRequest request) {
    long begun = System.nanoTime();
    connections.asked(request.connection());
    Match match = null;
    Set<String> otherMethods = new TreeSet<>();
    for (Route route : routes) {
      Map<String, String> parameters = route.match(request.path());
      if (parameters != null && route.method().equals(request.method())) {
        match = new Match(route, parameters);
      } else if (parameters != null) {
        otherMethods.add(route.method().name());
      }
    }
    int maxBody = match == null ? 0 : match.route().maxBodyBytes();
    Future<byte[]> body = BodyReader.read(vertx, request, maxBody, bodyTimeout, bodies);
    String route = match == null ? NO_ROUTE : match.route().template();
    Future<Reply> reply =
        match == null
            ? Future.succeededFuture(noRoute(otherMethods))
            : answer(match, request, body);
    reply
        .onComplete(done -> body.onSuccess(bytes -> bodies.release(bytes.length)))
        .otherwise(failure -> problem(failure, route))
        .onSuccess(
            answer -> {
              write(request, answer, body);
              count(request, route, answer, begun);
            });
  }

  private static Reply noRoute(Set<String> otherMethods) {
    if (otherMethods.isEmpty()) {
      return Problem.of(404, "NOT_FOUND", "There is nothing here.", "No such path.").toReply();
    }
    String allowed = String.join(", ", otherMethods);
    return Problem.of(
            405, "METHOD_NOT_ALLOWED", "The method is not for this path.", "Use " + allowed + ".")
        .withHeader("Allow", allowed)
        .toReply();
  }

  private Future<Reply> answer(Match match, HttpServerRequest request, Future<byte[]> body) {
    if (!match.route().bounded()) {
      return body.compose(bytes -> call(match, request, bytes));
    }
    if (inFlight.isStopping()) {
      return Future.succeededFuture(
          Problem.of(
                  503,
                  "STOPPING",
                  "This instance is stopping.",
                  "Nothing was done. Another instance takes it.")
              .withHeader("Connection", "close")
              .toReply(SOON));
    }
    if (!inFlight.enter()) {
      return Future.succeededFuture(
          Problem.of(
                  503,
                  "OVERLOADED",
                  "Too many requests are in flight.",
                  "Nothing was done. Send it again with the same id.")
              .toReply(SOON));
    }
    if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT)) && !body.failed()) {
      request.response().writeContinue();
    }
    return body.compose(bytes -> call(match, request, bytes)).onComplete(done -> inFlight.leave());
  }

  private static Future<Reply> call(Match match, HttpServerRequest request, byte[] body) {
    return match.route().handler().handle(new Request(match.parameters(), request.headers(), body));
  }

  private static Reply problem(Throwable failure, String route) {
    if (failure instanceof ProblemException expected) {
      return expected.reply();
    }
    LOG.error("A request of {} failed", route, failure);
    return internalError();
  }

  private static Reply internalError() {
    return Problem.of(
            500,
            "INTERNAL_ERROR",
            "The gateway has failed.",
            "The cause is in its log. Whether it was done is not known; send it again with the same"
                + " id.")
        .toReply();
  }

  private void write(HttpServerRequest request, Reply reply, Future<byte[]> body) {
    HttpServerResponse response = request.response();
    if (response.closed()) {
      return;
    }
    response.setStatusCode(reply.status());
    reply.headers().forEach(response::putHeader);
    response.putHeader("Cache-Control", "no-store");
    response.putHeader("X-Content-Type-Options", "nosniff");
    if (body.failed()) {
      // What is left of the body cannot be told from the next request.
      response.putHeader(HttpHeaders.CONNECTION, "close");
    }
    response
        .end(Buffer.buffer(reply.body()))
        .onComplete(
            written -> {
              connections.answered(request.connection());
              body.onFailure(never -> closeAfter(request));
            });
  }

  /**
   * Closes the connection of a request whose body is not wanted. Not at once: what is still on its
   * way would be answered with a reset, which may overtake the answer.
   */
  private void closeAfter(HttpServerRequest request) {
    if (request.isEnded()) {
      request.connection().close();
      return;
    }
    long timer = vertx.setTimer(LINGER.toMillis(), late -> request.connection().close());
    request
        .exceptionHandler(gone -> vertx.cancelTimer(timer))
        .handler(chunk -> {})
        .endHandler(
            end -> {
              vertx.cancelTimer(timer);
              request.connection().close();
            });
  }

  private void count(HttpServerRequest request, String route, Reply reply, long begun) {
    Timer.builder("turnstile.gateway.requests")
        .description("Requests answered, from their head to their answer")
        .tag("method", NO_ROUTE.equals(route) ? "any" : request.method().name())
        .tag("route", route)
        .tag("status", Integer.toString(reply.status()))
        .serviceLevelObjectives(BUCKETS)
        .register(metrics)
        .record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
  }

  /** Answers what is no request at all, and ends its connection. */
  static void refuseInvalid(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    Problem problem;
    if (cause instanceof TooLongHttpLineException) {
      problem =
          Problem.of(414, "URI_TOO_LONG", "The path is too long.", "No path here is that long.");
    } else if (cause instanceof TooLongHttpHeaderException) {
      problem =
          Problem.of(
              431,
              "HEADERS_TOO_LARGE",
              "The headers are too large.",
              "Send fewer or shorter ones.");
    } else {
      problem = Problem.malformedRequest("This is no request of HTTP/1.1.");
    }
    Reply reply = problem.withHeader("Connection", "close").toReply();
    HttpServerResponse response = request.response().setStatusCode(reply.status());
    reply.headers().forEach(response::putHeader);
    response.end(Buffer.buffer(reply.body())).onComplete(written -> request.connection().close());
  }
}
