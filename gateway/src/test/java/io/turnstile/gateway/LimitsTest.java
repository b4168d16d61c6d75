package io.turnstile.gateway;

import static io.turnstile.gateway.Api.body;
import static io.turnstile.gateway.Api.problem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the gateway refuses by itself, and the clients that it cuts off. */
class LimitsTest {

  private static final int PATIENCE_MILLIS = 60_000;

  @RegisterExtension private final GatewayExtension gateway = new GatewayExtension();

  @Test
  void requestsBeyondTheBoundAreRefusedWhileOthersWait() throws Exception {
    Api api = gateway.start(http -> http.maxInFlight(2), settings -> {});
    gateway.topics().hold();
    List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      waiting.add(api.postLater(gateway.token("c-1"), body("t-" + i, "c-1", i)));
    }
    await().until(() -> gateway.topics().appended().size() == 2);
    HttpResponse<String> refused = api.post(gateway.token("c-1"), body("t-2", "c-1", 2));
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(problem(refused).get("type").textValue()).endsWith(":overloaded");
    assertThat(gateway.topics().appended()).hasSize(2);
    // What watches it is not refused.
    assertThat(api.get("/metrics", null).body())
        .contains("turnstile_gateway_in_flight 2.0")
        .contains("turnstile_gateway_waiting 2.0");
    gateway.topics().release();
    for (CompletableFuture<HttpResponse<String>> each : waiting) {
      assertThat(each.get().statusCode()).isEqualTo(200);
    }
    assertThat(api.post(gateway.token("c-1"), body("t-2", "c-1", 2)).statusCode()).isEqualTo(200);
  }

  @Test
  void customerBeyondTheRateWaitsAndOthersDoNot() throws Exception {
    Api api = gateway.start(http -> {}, settings -> settings.customerRate(1).customerBurst(3));
    String token = gateway.token("c-1");
    HttpResponse<String> limited =
        await()
            .until(
                () -> api.post(token, body("t-1", "c-1", 1)), answer -> answer.statusCode() == 429);
    assertThat(limited.headers().firstValue("Retry-After")).contains("1");
    assertThat(problem(limited).get("type").textValue()).endsWith(":rate-limited");
    assertThat(api.post(gateway.token("c-2"), body("t-1", "c-2", 1)).statusCode()).isEqualTo(200);
  }

  /** Else a few customers of a slow job would take all places. */
  @Test
  void customerWithManyWaitingRequestsWaitsAndOthersDoNot() throws Exception {
    Api api = gateway.start(http -> {}, settings -> settings.customerInFlight(2));
    gateway.topics().hold();
    List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      waiting.add(api.postLater(gateway.token("c-1"), body("t-" + i, "c-1", i)));
    }
    await().until(() -> gateway.topics().appended().size() == 2);
    HttpResponse<String> refused = api.post(gateway.token("c-1"), body("t-2", "c-1", 2));
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(problem(refused).get("type").textValue()).endsWith(":rate-limited");
    waiting.add(api.postLater(gateway.token("c-2"), body("t-1", "c-2", 1)));
    await().until(() -> gateway.topics().appended().size() == 3);
    gateway.topics().release();
    for (CompletableFuture<HttpResponse<String>> each : waiting) {
      assertThat(each.get().statusCode()).isEqualTo(200);
    }
    assertThat(api.post(gateway.token("c-1"), body("t-2", "c-1", 2)).statusCode()).isEqualTo(200);
  }

  /** Else anybody could keep a customer out by his id. */
  @Test
  void whoOnlyClaimsToBeACustomerTakesNothingOfHis() throws Exception {
    Api api =
        gateway.start(
            http -> {}, settings -> settings.customerRate(1).customerBurst(1).unprovenRate(1));
    await()
        .until(
            () -> api.post(gateway.forgedToken("c-1"), body("t-1", "c-1", 1)).statusCode() == 429);
    assertThat(api.post(gateway.token("c-1"), body("t-1", "c-1", 1)).statusCode()).isEqualTo(200);
  }

  @Test
  void bodyBeyondTheBoundIsRefusedWhetherItSaysItsLengthOrNot() throws Exception {
    Api api = gateway.start();
    String large = body("t-1", "c-1", 1).replace("}", ",\"x\":\"" + "y".repeat(4_096) + "\"}");
    HttpResponse<String> answer = api.post(gateway.token("c-1"), large);
    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(answer.headers().firstValue("Connection")).contains("close");
    String chunk = Integer.toHexString(3_000) + "\r\n" + "z".repeat(3_000) + "\r\n";
    try (Socket socket = connect(api)) {
      send(socket, head("Transfer-Encoding: chunked") + chunk + chunk);
      assertThat(read(socket)).startsWith("HTTP/1.1 413 ").contains("body-too-large");
    }
    assertThat(gateway.topics().appended()).isEmpty();
  }

  @Test
  void bodiesTogetherTakeNoMoreThanTheirMemory() throws Exception {
    Api api = gateway.start(http -> http.maxBodyMemory(5_000), settings -> {});
    String large = body("t-1", "c-1", 1).replace("}", ",\"x\":\"" + "y".repeat(3_500) + "\"}");
    try (Socket socket = connect(api)) {
      send(
          socket,
          head("Connection: close\r\nContent-Length: " + large.length())
              + large.substring(0, large.length() - 1));
      HttpResponse<String> refused =
          await()
              .until(
                  () -> api.post(gateway.token("c-1"), large.replace("t-1", "t-2")),
                  answer -> answer.statusCode() == 503);
      assertThat(problem(refused).get("type").textValue()).endsWith(":overloaded");
      assertThat(api.post(gateway.token("c-1"), body("t-3", "c-1", 3)).statusCode()).isEqualTo(200);
      send(socket, large.substring(large.length() - 1));
      assertThat(read(socket)).startsWith("HTTP/1.1 200 ");
    }
    assertThat(api.post(gateway.token("c-1"), large.replace("t-1", "t-4")).statusCode())
        .isIn(200, 409);
  }

  @Test
  void bodyThatComesTooSlowlyIsCutOff() throws Exception {
    Api api = gateway.start(http -> http.requestTimeout(Duration.ofSeconds(1)), settings -> {});
    // The head, with its token, is made before: it must not be late itself.
    String cut = head("Content-Length: 100") + "{";
    try (Socket socket = connect(api)) {
      send(socket, cut);
      assertThat(read(socket)).startsWith("HTTP/1.1 408 ").contains("request-timeout");
    }
  }

  @Test
  void headThatNeverEndsIsCutOffHoweverOftenAByteComes() throws Exception {
    Api api = gateway.start(http -> http.requestTimeout(Duration.ofMillis(100)), settings -> {});
    try (Socket socket = connect(api)) {
      send(socket, "POST /v1/transactions HTTP/1.1\r\nX: ");
      await()
          .untilAsserted(
              () -> {
                boolean open = true;
                try {
                  send(socket, "y");
                } catch (IOException e) {
                  open = false;
                }
                assertThat(open).isFalse();
              });
    }
  }

  @Test
  void connectionOnWhichNothingIsAskedAnyMoreIsClosed() throws Exception {
    Api api = gateway.start(http -> http.idleTimeout(Duration.ofMillis(100)), settings -> {});
    try (Socket socket = connect(api)) {
      send(socket, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(read(socket)).startsWith("HTTP/1.1 200 ").endsWith("alive");
    }
  }

  @Test
  void connectionsBeyondTheBoundAreClosed() throws Exception {
    Api api = gateway.start(http -> http.maxConnections(2), settings -> {});
    try (Socket one = connect(api);
        Socket two = connect(api)) {
      for (Socket socket : List.of(one, two)) {
        send(socket, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(socket.getInputStream().read()).isEqualTo('H');
      }
      try (Socket three = connect(api)) {
        assertThat(three.getInputStream().read()).isEqualTo(-1);
      }
    }
  }

  @Test
  void headersBeyondTheBoundAreRefused() throws Exception {
    Api api = gateway.start();
    try (Socket socket = connect(api)) {
      send(socket, head("X: " + "y".repeat(9_000)));
      assertThat(read(socket)).contains(" 431 ").contains("headers-too-large");
    }
    try (Socket socket = connect(api)) {
      send(socket, "GET /" + "y".repeat(3_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(read(socket)).contains(" 414 ").contains("uri-too-long");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "nonsense\r\n\r\n",
        "POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/transactions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
      })
  void whatIsNoRequestEndsItsConnection(String bytes) throws Exception {
    Api api = gateway.start(http -> http.requestTimeout(Duration.ofSeconds(1)), settings -> {});
    try (Socket socket = connect(api)) {
      send(socket, bytes);
      String answer = read(socket);
      if (!answer.isEmpty()) {
        assertThat(answer).matches("(?s)HTTP/\\d\\.\\d (400|404|408|411|501|505) .*");
      }
    }
    assertThat(api.get("/livez", null).statusCode()).isEqualTo(200);
    assertThat(gateway.topics().appended()).isEmpty();
  }

  @Test
  void clientThatIsGoneLeavesNothingInFlight() throws Exception {
    Api api = gateway.start();
    try (Socket socket = connect(api)) {
      send(socket, head("Content-Length: 100") + "{");
      await().until(() -> api.get("/metrics", null).body().contains("gateway_in_flight 1.0"));
    }
    await().until(() -> api.get("/metrics", null).body().contains("gateway_in_flight 0.0"));
  }

  @Test
  void clientMayAskBeforeItSendsTheBody() throws Exception {
    Api api = gateway.start();
    String body = body("t-1", "c-1", 1);
    try (Socket socket = connect(api)) {
      send(
          socket,
          head("Expect: 100-continue\r\nConnection: close\r\nContent-Length: " + body.length()));
      byte[] first = socket.getInputStream().readNBytes("HTTP/1.1 100".length());
      assertThat(new String(first, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 100");
      send(socket, body);
      assertThat(read(socket)).contains("HTTP/1.1 200 ");
    }
  }

  @Test
  void otherPathsAndMethodsAreProblemsToo() throws Exception {
    Api api = gateway.start();
    HttpResponse<String> unknown = api.get("/v2/transactions", null);
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(problem(unknown).get("type").textValue()).endsWith(":not-found");
    HttpResponse<String> method = api.send("DELETE", "/v1/transactions", new byte[0]);
    assertThat(method.statusCode()).isEqualTo(405);
    assertThat(method.headers().firstValue("Allow")).contains("POST");
    assertThat(api.send("OPTIONS", "/v1/transactions", new byte[0]).headers().map())
        .doesNotContainKey("access-control-allow-origin");
  }

  private String head(String headers) {
    return "POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        + "Authorization: Bearer "
        + gateway.token("c-1")
        + "\r\n"
        + headers
        + "\r\n\r\n";
  }

  private static Socket connect(Api api) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.port());
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  /** All that comes until the gateway closes the connection. */
  private static String read(Socket socket) throws IOException {
    StringBuilder text = new StringBuilder();
    try {
      for (int c = socket.getInputStream().read(); c >= 0; c = socket.getInputStream().read()) {
        text.append((char) c);
      }
    } catch (java.net.SocketException e) {
      // Closed while something of ours was still on its way.
    }
    return text.toString();
  }
}
