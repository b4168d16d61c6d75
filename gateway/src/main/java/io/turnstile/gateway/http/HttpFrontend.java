package io.turnstile.gateway.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** An HTTP/1.1 server on several event loops. Thread-safe. */
public final class HttpFrontend implements AutoCloseable {

  private static final Duration SWEEP = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int BACKLOG = 4_096;

  /** No path of a route is nearly that long. */
  private static final int MAX_LINE_BYTES = 2_048;

  private final Vertx vertx;
  private final HttpSettings settings;
  private final InFlight inFlight;
  private final BodyMemory bodies;
  private final AtomicInteger openConnections = new AtomicInteger();
  private volatile int port;

  private HttpFrontend(Vertx vertx, HttpSettings settings, InFlight inFlight) {
    this.vertx = vertx;
    this.settings = settings;
    this.inFlight = inFlight;
    this.bodies = new BodyMemory(settings.maxBodyMemory());
  }

  /**
   * Starts it.
   *
   * @param routes makes the routes of one event loop: their handlers run on that loop only
   * @throws IOException with a one-line message if it cannot listen
   */
  public static HttpFrontend start(
      HttpSettings settings,
      InFlight inFlight,
      MeterRegistry metrics,
      Function<Vertx, List<Route>> routes)
      throws IOException, InterruptedException {
    Vertx vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(settings.eventLoops())
                // It would make a directory for files that there are not.
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
    HttpFrontend frontend = new HttpFrontend(vertx, settings, inFlight);
    try {
      await(
          vertx.deployVerticle(
              () -> frontend.new Loop(metrics, routes),
              new DeploymentOptions().setInstances(settings.eventLoops())));
    } catch (IOException e) {
      frontend.close();
      throw new IOException(
          "cannot listen at %s:%d: %s".formatted(settings.host(), settings.port(), e.getMessage()),
          e);
    }
    return frontend;
  }

  private static <T> T await(Future<T> future) throws IOException, InterruptedException {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IOException(String.valueOf(e.getCause().getMessage()), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("it takes longer than " + PATIENCE.toSeconds() + " s", e);
    }
  }

  /** One event loop's part of the server. */
  private final class Loop extends VerticleBase {

    private final MeterRegistry metrics;
    private final Function<Vertx, List<Route>> routes;
    private HttpServer server;

    private Loop(MeterRegistry metrics, Function<Vertx, List<Route>> routes) {
      this.metrics = metrics;
      this.routes = routes;
    }

    @Override
    public Future<?> start() {
      Connections connections =
          new Connections(
              openConnections,
              settings.maxConnections(),
              settings.requestTimeout(),
              settings.idleTimeout(),
              System::nanoTime);
      Router router =
          new Router(
              vertx,
              routes.apply(vertx),
              settings.requestTimeout(),
              inFlight,
              bodies,
              connections,
              metrics);
      vertx.setPeriodic(SWEEP.toMillis(), tick -> connections.sweep());
      server =
          vertx
              .createHttpServer(options())
              .connectionHandler(connections::opened)
              .requestHandler(router::handle)
              .invalidRequestHandler(Router::refuseInvalid);
      return server.listen().onSuccess(listening -> port = listening.actualPort());
    }

    @Override
    public Future<?> stop() {
      return server.shutdown(settings.answerTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private HttpServerOptions options() {
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(settings.host())
            // Below 0: a free port, the same for all event loops.
            .setPort(settings.port() == 0 ? -1 : settings.port())
            .setAcceptBacklog(BACKLOG)
            .setMaxInitialLineLength(MAX_LINE_BYTES)
            .setMaxHeaderSize(settings.maxHeaderBytes())
            .setHttp2ClearTextEnabled(false)
            .setUseAlpn(false)
            .setDecompressionSupported(false)
            // Of a client that takes no answer: while one is made, nothing moves either.
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
            .setIdleTimeout(
                Math.toIntExact(settings.idleTimeout().plus(settings.answerTimeout()).toMillis()));
    if (settings.tls() != null) {
      options
          .setSsl(true)
          .setKeyCertOptions(
              new PemKeyCertOptions()
                  .addCertValue(Buffer.buffer(settings.tls().certificates()))
                  .addKeyValue(Buffer.buffer(settings.tls().key())));
    }
    return options;
  }

  /** The port that it listens at. */
  public int port() {
    return port;
  }

  /** Number of open connections. */
  public int connections() {
    return openConnections.get();
  }

  /** Answers what is in flight, takes nothing new, and ends. */
  @Override
  public void close() {
    try {
      vertx
          .close()
          .toCompletionStage()
          .toCompletableFuture()
          .get(settings.answerTimeout().plus(PATIENCE).toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the server does not end", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
