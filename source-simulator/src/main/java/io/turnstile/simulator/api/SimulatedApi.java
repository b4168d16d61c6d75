package io.turnstile.simulator.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Serves {@code /products} and {@code /customers} page by page. Thread-safe. */
public final class SimulatedApi implements AutoCloseable {

  private static final int THREADS = 16;
  private static final int SERVER_ERROR = 500;
  private static final int TOO_MANY = 429;
  private static final double TICKS_PER_SECOND = 10;
  private static final Duration SLOW = Duration.ofSeconds(10);

  /** Of an API that lies, each as likely: how many pages it is off. */
  private static final int[] ASTRAY = {-1, -1, -1, -1, -1, -1, 1, 0};

  private final ApiSettings settings;
  private final ApiRecords products;
  private final ApiRecords customers;
  private final Random faults;
  private final Random changes;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final ScheduledExecutorService ticks = Executors.newSingleThreadScheduledExecutor();
  private final AtomicLong served = new AtomicLong();
  private volatile ApiTrouble trouble = ApiTrouble.NONE;
  private double owedChanges;

  private SimulatedApi(ApiSettings settings) throws IOException {
    this.settings = settings;
    products = new ApiRecords(true, settings.products());
    customers = new ApiRecords(false, settings.customers());
    faults = new Random(settings.seed());
    changes = new Random(settings.seed() + 1);
    server = HttpServer.create(new InetSocketAddress(settings.host(), settings.port()), 0);
    server.setExecutor(threads);
    serve("/products", products);
    serve("/customers", customers);
  }

  /**
   * Starts it.
   *
   * @throws IOException if it cannot listen
   */
  // A tick that fails would say so when the API is closed.
  @SuppressWarnings("FutureReturnValueIgnored")
  public static SimulatedApi start(ApiSettings settings) throws IOException {
    SimulatedApi api = new SimulatedApi(settings);
    api.server.start();
    if (settings.changesPerSecond() > 0) {
      long period = (long) (TimeUnit.SECONDS.toMillis(1) / TICKS_PER_SECOND);
      api.ticks.scheduleAtFixedRate(api::tick, period, period, TimeUnit.MILLISECONDS);
    }
    return api;
  }

  private void tick() {
    owedChanges += settings.changesPerSecond() / TICKS_PER_SECOND;
    int now = (int) owedChanges;
    owedChanges -= now;
    change(now);
  }

  /** Changes so many records, chosen at random. */
  public void change(int count) {
    int all = products.count() + customers.count();
    for (int i = 0; i < count && all > 0; i++) {
      int number = nextChange(all);
      if (number < products.count()) {
        products.change(number);
      } else {
        customers.change(number - products.count());
      }
    }
  }

  private int nextChange(int bound) {
    synchronized (changes) {
      return changes.nextInt(bound);
    }
  }

  private void serve(String path, ApiRecords records) {
    ApiListing listing =
        new ApiListing(
            path, records, settings.maxPageSize(), settings.cursorLifetime(), Clock.systemUTC());
    server.createContext(path, exchange -> answer(exchange, listing));
  }

  private void answer(HttpExchange exchange, ApiListing listing) throws IOException {
    try (exchange) {
      ApiTrouble now = trouble;
      if (now == ApiTrouble.DOWN) {
        return;
      }
      Duration latency = now == ApiTrouble.SLOW ? SLOW : settings.latency();
      TimeUnit.NANOSECONDS.sleep(latency.toNanos());
      double fault;
      int astray = 0;
      synchronized (faults) {
        fault = faults.nextDouble();
        if (now == ApiTrouble.LYING) {
          astray = ASTRAY[faults.nextInt(ASTRAY.length)];
        }
      }
      if (fault < settings.failures()) {
        send(exchange, SERVER_ERROR, "{}".getBytes(UTF_8), false);
        return;
      }
      fault -= settings.failures();
      if (fault < settings.throttled()) {
        exchange.getResponseHeaders().set("Retry-After", "1");
        send(exchange, TOO_MANY, "{}".getBytes(UTF_8), false);
        return;
      }
      fault -= settings.throttled();
      ApiListing.Answer answer = listing.answer(exchange.getRequestURI().getRawQuery(), astray);
      if (answer.link() != null) {
        exchange.getResponseHeaders().set("Link", answer.link());
      }
      send(exchange, answer.status(), answer.body(), fault < settings.truncated());
      served.incrementAndGet();
    } catch (InterruptedException e) {
      // It is being closed.
      Thread.currentThread().interrupt();
    }
  }

  private static void send(HttpExchange exchange, int status, byte[] body, boolean cutOff)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body, 0, cutOff ? body.length / 2 : body.length);
    exchange.getResponseBody().flush();
  }

  /** Has it answer so from now on. */
  public void trouble(ApiTrouble kind) {
    trouble = kind;
  }

  /** The port that it listens at. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** The products. */
  public ApiRecords products() {
    return products;
  }

  /** The customers. */
  public ApiRecords customers() {
    return customers;
  }

  /** Answers other than 500 and 429 so far, those that were cut off included. */
  public long served() {
    return served.get();
  }

  @Override
  public void close() {
    ticks.shutdownNow();
    server.stop(0);
    threads.shutdownNow();
  }
}
