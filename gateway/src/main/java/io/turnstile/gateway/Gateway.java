package io.turnstile.gateway;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.turnstile.decision.token.TokenCheck;
import io.turnstile.gateway.http.BodyMemory;
import io.turnstile.gateway.http.HttpFrontend;
import io.turnstile.gateway.http.InFlight;
import io.turnstile.gateway.http.Route;
import io.turnstile.gateway.stream.Appender;
import io.turnstile.gateway.stream.GuardedAppender;
import io.turnstile.gateway.stream.PastVerdicts;
import io.turnstile.gateway.stream.PendingVerdicts;
import io.turnstile.gateway.stream.VerdictFeed;
import io.turnstile.gateway.transaction.CustomerLimits;
import io.turnstile.gateway.transaction.GetVerdict;
import io.turnstile.gateway.transaction.PostTransaction;
import io.turnstile.gateway.webhook.PostReferences;
import io.turnstile.gateway.webhook.ReferenceKind;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A running gateway. Holds nothing that a restart would lose. Thread-safe. */
public final class Gateway implements AutoCloseable {

  private static final int NO_BODY = 0;
  private static final long POLL_MILLIS = 20;

  private final GatewaySettings settings;
  private final InFlight inFlight;
  private final PendingVerdicts pending = new PendingVerdicts();
  private final CustomerLimits limits;
  private final GuardedAppender appender;
  private final VerdictFeed feed;
  private final PastVerdicts past;
  private final Clock clock;
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final ServicePages pages;
  private final List<Route> webhooks;
  private final AtomicBoolean stopped = new AtomicBoolean();
  private volatile List<String> operations = List.of();
  private HttpFrontend frontend;

  private Gateway(
      GatewaySettings settings,
      Appender appender,
      VerdictFeed feed,
      PastVerdicts past,
      Clock clock) {
    this.settings = settings;
    this.inFlight = new InFlight(settings.http().maxInFlight());
    this.limits =
        new CustomerLimits(
            settings.customerRate(),
            settings.customerBurst(),
            settings.customerInFlight(),
            settings.unprovenRate());
    this.appender = new GuardedAppender(appender);
    this.feed = feed;
    this.past = past;
    this.clock = clock;
    this.pages = new ServicePages(metrics, feed::isFollowing);
    this.webhooks = webhooks();
  }

  /**
   * Starts it.
   *
   * @param appender stays open, like the others, when the gateway closes
   * @param feed is started
   * @throws IOException with a one-line message if the server cannot listen, or the token keys
   *     cannot be read
   */
  public static Gateway start(
      GatewaySettings settings, Appender appender, VerdictFeed feed, PastVerdicts past, Clock clock)
      throws IOException, InterruptedException {
    // Before anything runs: a setting that is wrong, or keys that are away, are found out here.
    TokenCheck.open(settings.tokens());
    Gateway gateway = new Gateway(settings, appender, feed, past, clock);
    gateway.measure();
    feed.start(gateway.pending::verdict);
    gateway.frontend =
        HttpFrontend.start(settings.http(), gateway.inFlight, gateway.metrics, gateway::routes);
    Gauge.builder("turnstile.gateway.connections", gateway.frontend, HttpFrontend::connections)
        .description("Open connections")
        .register(gateway.metrics);
    return gateway;
  }

  private void measure() {
    Gauge.builder("turnstile.gateway.in.flight", inFlight, InFlight::count)
        .description("Requests in flight")
        .register(metrics);
    Gauge.builder("turnstile.gateway.waiting", pending, PendingVerdicts::waiting)
        .description("Requests that wait for their verdict")
        .register(metrics);
    Gauge.builder("turnstile.gateway.following", feed, each -> each.isFollowing() ? 1 : 0)
        .description("1 while committed verdicts are read")
        .register(metrics);
    Gauge.builder("turnstile.gateway.breaker.open", appender, each -> each.isOpen() ? 1 : 0)
        .description("1 while requests are refused because sends to Kafka fail")
        .register(metrics);
    new JvmMemoryMetrics().bindTo(metrics);
    new JvmThreadMetrics().bindTo(metrics);
    new ProcessorMetrics().bindTo(metrics);
  }

  /** The routes of one event loop. */
  private List<Route> routes(Vertx vertx) {
    TokenCheck tokens;
    try {
      tokens = TokenCheck.open(settings.tokens());
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    List<Route> routes = new ArrayList<>();
    routes.add(
        new Route(
            HttpMethod.POST,
            "/v1/transactions",
            settings.maxBodyBytes(),
            true,
            new PostTransaction(
                vertx,
                settings.topics().transactions(),
                settings.carried(),
                settings.http().answerTimeout(),
                appender,
                pending,
                limits,
                tokens,
                clock,
                metrics)));
    routes.add(
        new Route(
            HttpMethod.GET,
            "/v1/verdicts/{partition}/{offset}",
            NO_BODY,
            true,
            new GetVerdict(vertx, past, limits, tokens, clock)));
    routes.addAll(webhooks);
    routes.addAll(pages.routes());
    operations = routes.stream().map(route -> route.method() + " " + route.template()).toList();
    return routes;
  }

  /** Shared by all event loops, with the signatures that have been used. */
  private List<Route> webhooks() {
    if (settings.webhooks().secrets().isEmpty()) {
      return List.of();
    }
    BodyMemory memory = new BodyMemory(settings.webhooks().maxInFlightBytes());
    return List.of(
        webhook("/v1/inventory", ReferenceKind.PRODUCT, settings.topics().inventory(), memory),
        webhook("/v1/customers", ReferenceKind.CUSTOMER, settings.topics().customers(), memory));
  }

  private Route webhook(String path, ReferenceKind kind, String topic, BodyMemory memory) {
    return new Route(
        HttpMethod.POST,
        path,
        settings.webhooks().maxBatchBytes(),
        true,
        new PostReferences(kind, topic, settings.webhooks(), memory, appender, clock, metrics));
  }

  /** All that it answers, as {@code GET /livez}. */
  List<String> operations() {
    return operations;
  }

  /** The port that it listens at. */
  public int port() {
    return frontend.port();
  }

  /**
   * Ends gracefully: first it only says that it is not ready, for as long as those who send to it
   * need to notice; then it takes no new requests and answers those in flight.
   */
  @Override
  public void close() {
    if (!stopped.getAndSet(true)) {
      try {
        stop();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    frontend.close();
    metrics.close();
  }

  private void stop() throws InterruptedException {
    pages.stopping();
    TimeUnit.NANOSECONDS.sleep(settings.http().drain().toNanos());
    inFlight.stop();
    long begun = System.nanoTime();
    while (inFlight.count() > 0
        && System.nanoTime() - begun < settings.http().answerTimeout().toNanos()) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }
}
