package io.turnstile.simulator.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Asks gateways over many connections, one request at a time on each, and asks again until there is
 * a final answer. A question for which no connection is free waits, and the wait counts: nothing is
 * left out because the gateway is slow. Thread-safe.
 */
public final class GatewayClient implements AutoCloseable {

  private static final String PATH = "/v1/transactions";
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  /** Longer than a gateway takes to answer 202. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(15);

  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final long FIRST_BACKOFF_MILLIS = 100;
  private static final long MAX_BACKOFF_MILLIS = 2_000;
  private static final int MAX_DOUBLINGS = 10;
  private static final int NO_STATUS = 0;

  private final Vertx vertx;
  private final Context context;
  private final HttpClientAgent client;
  private final AnswerLedger ledger;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  // From here on: only the event loop.
  private final List<Line> lines = new ArrayList<>();
  private final Deque<Line> free = new ArrayDeque<>();
  private final Queue<Asking> waiting = new ArrayDeque<>();
  private int linesInUse;

  /** A connection, opened when it is needed. */
  private static final class Line {
    private final int number;
    private final HttpConnectOptions to;
    private HttpClientConnection connection;
    private boolean busy;

    private Line(int number, HttpConnectOptions to) {
      this.number = number;
      this.to = to;
    }
  }

  /** A question on its way. */
  private static final class Asking {
    private final Question question;
    private final long seq;
    private final Consumer<Answer> listener;
    private int attempts;

    private Asking(Question question, long seq, Consumer<Answer> listener) {
      this.question = question;
      this.seq = seq;
      this.listener = listener;
    }
  }

  private record Reply(int status, String retryAfter, Buffer body) {}

  private GatewayClient(List<URI> gateways, int connections, AnswerLedger ledger) {
    this.ledger = ledger;
    vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(1)
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
    vertx.exceptionHandler(thrown -> failure.compareAndSet(null, thrown));
    context = vertx.getOrCreateContext();
    client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setTrustAll(true)
                .setVerifyHost(false)
                .setConnectTimeout(Math.toIntExact(CONNECT_TIMEOUT.toMillis())));
    for (int i = 0; i < connections; i++) {
      URI gateway = gateways.get(i % gateways.size());
      lines.add(
          new Line(
              i,
              new HttpConnectOptions()
                  .setHost(gateway.getHost())
                  .setPort(gateway.getPort())
                  .setSsl("https".equals(gateway.getScheme()))));
    }
  }

  /**
   * Makes a client that opens its connections when it needs them, evenly to the gateways.
   * Certificates are not checked.
   *
   * @param gateways as {@code http://127.0.0.1:8080}
   * @param ledger takes every question and answer; stays open
   */
  public static GatewayClient of(List<URI> gateways, int connections, AnswerLedger ledger)
      throws IOException, InterruptedException {
    GatewayClient made = new GatewayClient(gateways, connections, ledger);
    made.limit(connections);
    return made;
  }

  /**
   * Makes a client like {@link #of}, and opens all connections.
   *
   * @throws IOException if one cannot be opened
   */
  public static GatewayClient connect(List<URI> gateways, int connections, AnswerLedger ledger)
      throws IOException, InterruptedException {
    GatewayClient made = of(gateways, connections, ledger);
    try {
      made.onLoop(ignored -> Future.all(made.lines.stream().map(made::connected).toList()));
    } catch (IOException e) {
      made.close();
      throw e;
    }
    return made;
  }

  /** Uses only so many connections from now on. */
  public void limit(int connections) throws IOException, InterruptedException {
    onLoop(
        ignored -> {
          use(connections);
          return Future.succeededFuture();
        });
  }

  private <T> void onLoop(Function<Void, Future<T>> work) throws IOException, InterruptedException {
    try {
      Future.<T>future(
              promise -> context.runOnContext(ignored -> work.apply(null).onComplete(promise)))
          .toCompletionStage()
          .toCompletableFuture()
          .get(START_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IOException("no gateway answers: " + e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no gateway answers within " + START_TIMEOUT.toSeconds() + " s", e);
    }
  }

  private void use(int connections) {
    linesInUse = connections;
    free.clear();
    lines.stream().filter(line -> line.number < linesInUse && !line.busy).forEach(free::add);
  }

  /**
   * Asks, in the future.
   *
   * @param listener hears of the final answer, on the client's thread
   */
  public void ask(Question question, Consumer<Answer> listener) {
    context.runOnContext(ignored -> submit(new Asking(question, ledger.asked(question), listener)));
  }

  /**
   * Asks what an earlier process asked and got no final answer to.
   *
   * @param tokens the token of a customer
   * @return how many
   */
  public int askAgain(Function<String, String> tokens, Consumer<Answer> listener) {
    List<AnswerLedger.Line> open = ledger.unanswered();
    long now = System.nanoTime();
    for (AnswerLedger.Line line : open) {
      Question question =
          new Question(
              line.customerId(),
              line.transactionId(),
              line.asked(),
              () -> tokens.apply(line.customerId()),
              now);
      context.runOnContext(ignored -> submit(new Asking(question, line.seq(), listener)));
    }
    return open.size();
  }

  /** Fails with the reason if the client has failed itself, as when its ledger is full. */
  public void requireWorking() {
    if (failure.get() != null) {
      throw new IllegalStateException("the client of the gateway has failed", failure.get());
    }
  }

  private void submit(Asking asking) {
    waiting.add(asking);
    dispatch();
  }

  private void dispatch() {
    while (!waiting.isEmpty() && !free.isEmpty()) {
      attempt(free.remove(), waiting.remove());
    }
  }

  private void attempt(Line line, Asking asking) {
    line.busy = true;
    asking.attempts++;
    connected(line)
        .compose(connection -> connection.request(request(asking)))
        .compose(request -> request.send(Buffer.buffer(asking.question.body())))
        .compose(
            response ->
                response
                    .body()
                    .map(
                        body ->
                            new Reply(
                                response.statusCode(),
                                response.getHeader(HttpHeaders.RETRY_AFTER),
                                body)))
        .onComplete(
            reply -> {
              line.busy = false;
              if (reply.failed() && line.connection != null) {
                line.connection.close();
                line.connection = null;
              }
              if (line.number < linesInUse) {
                free.add(line);
              }
              take(asking, reply.succeeded() ? reply.result() : new Reply(NO_STATUS, null, null));
              dispatch();
            });
  }

  private Future<HttpClientConnection> connected(Line line) {
    if (line.connection != null) {
      return Future.succeededFuture(line.connection);
    }
    return client
        .connect(line.to)
        .onSuccess(
            opened -> {
              line.connection = opened;
              opened.closeHandler(
                  closed -> line.connection = line.connection == opened ? null : line.connection);
            });
  }

  private static RequestOptions request(Asking asking) {
    return new RequestOptions()
        .setMethod(HttpMethod.POST)
        .setURI(PATH)
        .setTimeout(ANSWER_TIMEOUT.toMillis())
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + asking.question.token().get());
  }

  private void take(Asking asking, Reply reply) {
    if (reply.status() != NO_STATUS) {
      ledger.answered(asking.seq, reply.status(), reply.body().getBytes());
    }
    if (Answer.isFinal(reply.status())) {
      asking.listener.accept(
          new Answer(
              asking.question,
              reply.status(),
              reply.body().toString(),
              System.nanoTime(),
              asking.attempts));
    } else {
      vertx.setTimer(backoffMillis(asking.attempts, reply.retryAfter()), due -> submit(asking));
    }
  }

  /** Doubles from attempt to attempt, with jitter; never sooner than the gateway wants. */
  private static long backoffMillis(int attempts, String retryAfter) {
    long longest =
        Math.min(MAX_BACKOFF_MILLIS, FIRST_BACKOFF_MILLIS << Math.min(MAX_DOUBLINGS, attempts - 1));
    long wanted = retryAfter == null ? 0 : TimeUnit.SECONDS.toMillis(Long.parseLong(retryAfter));
    return wanted + ThreadLocalRandom.current().nextLong(longest / 2, longest);
  }

  /** Ends all connections; what has no answer yet gets none. */
  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
