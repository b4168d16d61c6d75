package io.turnstile.feeds;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.turnstile.feeds.publish.FeedState;
import io.turnstile.feeds.publish.FeedState.Failure;
import io.turnstile.feeds.publish.FeedState.Sync;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandsTest {

  @TempDir private Path directory;

  private final StringWriter out = new StringWriter();
  private int exitCode;

  private String run(String... arguments) {
    exitCode =
        new CommandLine(new FeedsCommand()).setOut(new PrintWriter(out, true)).execute(arguments);
    return out.toString();
  }

  @Test
  void checkSaysThatAFileIsRightAndAsksNobody() {
    Path file =
        TestFeeds.file(
            directory, TestFeeds.PRODUCTS + "    http-pages: {url: 'http://localhost:1'}\n");
    assertThat(run("check", file.toString())).isEqualToIgnoringNewLines("shop: the file is right");
    assertThat(exitCode).isZero();
  }

  @Test
  void dryRunShowsTenRecordsAsTheyBecome() throws Exception {
    StringBuilder body = new StringBuilder("[{\"id\": \"broken\"}");
    for (int i = 0; i < 20; i++) {
      body.append(',').append(TestFeeds.product("p-" + i, i));
    }
    byte[] page = body.append(']').toString().getBytes(UTF_8);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    server.start();
    try {
      Path file =
          TestFeeds.file(
              directory,
              TestFeeds.PRODUCTS
                  + "    http-pages: {url: 'http://localhost:%d'}\n"
                      .formatted(server.getAddress().getPort()));
      run("check", file.toString(), "--dry-run", "--feed", "shop");
    } finally {
      server.stop(0);
    }
    assertThat(out.toString().lines())
        .hasSize(11)
        .contains(
            "shop: 21 records in the first page, which is the last",
            "  left out: name: there is nothing at /name",
            "  {\"product_id\":\"p-8\",\"name\":\"n-p-8\",\"category\":\"\",\"unit_price\":1250,"
                + "\"currency\":\"EUR\",\"stock\":3,\"version\":8,\"updated_at\":8}");
    assertThat(exitCode).isEqualTo(1);
  }

  @Test
  void dryRunSaysWhyThereIsNoPage() {
    Path file =
        TestFeeds.file(
            directory, TestFeeds.PRODUCTS + "    http-pages: {url: 'http://localhost:1'}\n");
    assertThat(run("check", file.toString(), "--dry-run")).startsWith("shop: no answer: ");
    assertThat(exitCode).isEqualTo(1);
  }

  @Test
  void statusIsOneLine() {
    FeedState state = FeedState.initial("f");
    Instant now = Instant.ofEpochMilli(100_000);
    assertThat(StatusCommand.line("shop", state, now))
        .isEqualTo(
            "shop: idle; last sync ended never; in all 0 syncs, 0 published, 0 deleted, 0 malformed");
    state =
        state
            .with(new Sync(true, 1, "p", null, 1_234, 56_789, 0))
            .with(new Failure(40_000, "HTTP 503"));
    assertThat(StatusCommand.line("shop", state, now))
        .startsWith("shop: full sync, 1,234 pages, 56,789 records; ")
        .endsWith("; failing for 60 s: HTTP 503");
  }

  @Test
  void stateIsReadAsItWasWritten() throws Exception {
    FeedState state =
        FeedState.initial("f")
            .with(new Sync(false, 1, "p", "7", 2, 3, 4))
            .with(new Failure(5, "HTTP 503"));
    assertThat(FeedState.decode(state.encode())).isEqualTo(state);
    assertThat(
            FeedState.decode(
                    "{\"fingerprint\":\"f\",\"later\":1,\"totals\":{\"syncs\":2}}".getBytes(UTF_8))
                .totals()
                .syncs())
        .isEqualTo(2);
  }

  @Test
  void metricsAreServed() throws Exception {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry.counter("some").increment();
    try (MetricsServer server = new MetricsServer("127.0.0.1", 0, registry)) {
      String address = "http://127.0.0.1:" + server.port();
      assertThat(get(address + "/metrics")).contains("some_total 1.0");
      assertThat(get(address + "/livez")).isEqualTo("alive");
    }
  }

  private static String get(String address) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(URI.create(address)).build(), BodyHandlers.ofString())
        .body();
  }
}
