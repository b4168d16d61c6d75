package io.turnstile.gateway;

import static io.turnstile.gateway.Api.body;
import static io.turnstile.gateway.Api.problem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Real sockets, many of them, and some that do not behave. */
class ManyConnectionsTest {

  private static final int CONNECTIONS = 5_000;
  private static final int CUSTOMERS = 50;
  private static final int PATIENCE_MILLIS = 60_000;

  /** Of the client's side too, which is in the same process. */
  private static final int MAX_BYTES_EACH = 40 << 10;

  @RegisterExtension private final GatewayExtension gateway = new GatewayExtension();

  private final List<Socket> sockets = new ArrayList<>();

  private Socket connect(Api api) throws IOException {
    Socket socket = new Socket();
    sockets.add(socket);
    socket.setReceiveBufferSize(4_096);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), api.port()));
    return socket;
  }

  @Test
  void fiveThousandConnectionsWaitAtOnceAndEachGetsItsOwnAnswer() throws Exception {
    assumeTrue(
        ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
            && unix.getMaxFileDescriptorCount() > 2 * CONNECTIONS + 1_000,
        "this process may not open so many sockets");
    Api api =
        gateway.start(
            http -> http.eventLoops(2).maxConnections(CONNECTIONS + 10).maxInFlight(CONNECTIONS),
            settings -> {});
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < CUSTOMERS; i++) {
      tokens.add(gateway.token("c-" + i));
    }
    try {
      assertThat(api.post(tokens.get(0), body("first", "c-0", 1)).statusCode()).isEqualTo(200);
      gateway.topics().hold();
      long before = usedHeap();
      for (int i = 0; i < CONNECTIONS; i++) {
        int customer = i % CUSTOMERS;
        send(connect(api), tokens.get(customer), body("t-" + i, "c-" + customer, i));
      }
      await()
          .atMost(Duration.ofMillis(PATIENCE_MILLIS))
          .until(() -> gateway.topics().appended().size() == CONNECTIONS + 1);
      assertThat((usedHeap() - before) / CONNECTIONS).isLessThan(MAX_BYTES_EACH);

      // All of them still wait when the next one has been refused.
      HttpResponse<String> refused = api.post(tokens.get(0), body("more", "c-0", 1));
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(problem(refused).get("type").textValue()).endsWith(":overloaded");
      assertThat(api.get("/metrics", null).body())
          .contains("turnstile_gateway_waiting " + CONNECTIONS + ".0");

      gateway.topics().release();
      for (int i = 0; i < CONNECTIONS; i++) {
        String answer = answer(sockets.get(i));
        assertThat(answer)
            .startsWith("HTTP/1.1 200 ")
            .contains("\"transaction_id\":\"t-" + i + "\"");
      }
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
    await().until(() -> api.get("/metrics", null).body().contains("turnstile_gateway_in_flight 0"));
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static void send(Socket socket, String token, String body) throws IOException {
    socket
        .getOutputStream()
        .write(
            ("POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    + "Connection: close\r\nAuthorization: Bearer "
                    + token
                    + "\r\nContent-Length: "
                    + body.length()
                    + "\r\n\r\n"
                    + body)
                .getBytes(StandardCharsets.US_ASCII));
  }

  /** All lines until the gateway closes the connection. */
  private static String answer(Socket socket) throws IOException {
    BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    StringBuilder text = new StringBuilder();
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      text.append(line).append('\n');
    }
    return text.toString();
  }

  /** Else its answers would pile up here. */
  @Test
  void clientThatAsksAndAsksAndTakesNoAnswerIsCutOff() throws Exception {
    Api api =
        gateway.start(
            http -> http.idleTimeout(Duration.ofMillis(200)).answerTimeout(Duration.ofMillis(200)),
            settings -> {});
    try (Socket socket = connect(api)) {
      OutputStream out = socket.getOutputStream();
      byte[] requests =
          "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
              .repeat(1_000)
              .getBytes(StandardCharsets.US_ASCII);
      // More than all buffers between the two hold, many times: it does not get rid of it.
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 2_000; i++) {
                  out.write(requests);
                }
              })
          .isInstanceOf(IOException.class);
    }
    assertThat(api.get("/livez", null).statusCode()).isEqualTo(200);
  }

  /** A flood of one takes the places of none. */
  @Test
  void floodOfOneCustomerIsRefusedAndAllOthersAreAnswered() throws Exception {
    Api api =
        gateway.start(
            http -> http.maxInFlight(20), settings -> settings.customerRate(1).customerBurst(5));
    gateway.topics().hold();
    int limited = 0;
    String token = gateway.token("c-flood");
    List<Socket> flood = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Socket socket = connect(api);
      flood.add(socket);
      send(socket, token, body("f-" + i, "c-flood", i));
    }
    // Behind them on the same loop: whoever is answered now has not been kept out.
    gateway.topics().release();
    for (Socket socket : flood) {
      limited += answer(socket).startsWith("HTTP/1.1 429 ") ? 1 : 0;
      socket.close();
    }
    assertThat(limited).isPositive();
    for (int i = 0; i < 10; i++) {
      String customer = "c-" + i;
      assertThat(api.post(gateway.token(customer), body("t", customer, i)).statusCode())
          .isEqualTo(200);
    }
  }
}
