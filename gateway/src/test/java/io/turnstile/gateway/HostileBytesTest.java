package io.turnstile.gateway;

import static io.turnstile.gateway.Api.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.events.Decoded;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Damaged bytes where a request should be, at random: each connection ends, with answers or
 * without, and what gets through is a transaction that somebody has sent.
 */
class HostileBytesTest {

  private static final int CONNECTIONS = 300;
  private static final int PATIENCE_MILLIS = 60_000;

  /** Ends what is left open, and is enough for the last request on a machine that is busy. */
  private static final Duration SHORT = Duration.ofSeconds(1);

  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");

  private static final List<String> SNIPPETS =
      List.of(
          "\r\n",
          "\r\n\r\n",
          "\n",
          "\0",
          " ",
          ":",
          "0\r\n\r\n",
          "fffffffffffffffff\r\n",
          "Content-Length: 0\r\n",
          "Content-Length: 99999999999999999999\r\n",
          "Content-Length: +7\r\n",
          "Transfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked, identity\r\n",
          "Transfer-Encoding : xchunked\r\n",
          "Expect: 100-continue\r\n",
          "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
          "Connection: close\r\n",
          "Authorization: Bearer x\r\n",
          "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
          "\u00ff\u00fe",
          "HTTP/1.0",
          "http://elsewhere/v1/transactions",
          "/../");

  @RegisterExtension private final GatewayExtension gateway = new GatewayExtension();

  @Test
  void noBytesAreAnErrorOfTheGateway() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Api api =
        gateway.start(
            http ->
                http.maxConnections(CONNECTIONS + 10)
                    .maxInFlight(CONNECTIONS)
                    .requestTimeout(SHORT)
                    .idleTimeout(SHORT),
            settings -> {});
    List<Socket> sockets = new ArrayList<>();
    List<String> sent = new ArrayList<>();
    try {
      for (int i = 0; i < CONNECTIONS; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.port());
        socket.setSoTimeout(PATIENCE_MILLIS);
        sockets.add(socket);
        sent.add(damaged(requests(i, random), random));
        write(socket, sent.get(i));
      }
      for (int i = 0; i < CONNECTIONS; i++) {
        String answers = read(sockets.get(i));
        String what =
            "seed %d, connection %d: %s%nanswered %s".formatted(seed, i, sent.get(i), answers);
        // Vert.x says 501 to a version that it does not know, with that version.
        assertThat(answers).as(what).matches("(?s)(?:|\\S+/\\d\\.\\d \\d{3} .*)");
        Matcher status = STATUS.matcher(answers);
        while (status.find()) {
          assertThat(Integer.parseInt(status.group(1)))
              .as(what)
              .isIn(100, 200, 400, 401, 404, 405, 408, 409, 413, 414, 415, 417, 422, 429, 431, 501);
        }
      }
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
    for (ProducerRecord<byte[], byte[]> record : gateway.topics().appended()) {
      Decoded<Transaction> decoded = TransactionCodec.decode(record.value());
      assertThat(decoded).as("seed %d", seed).isInstanceOf(Decoded.Valid.class);
    }
    assertThat(gateway.topics().appended()).isNotEmpty();
    await().until(() -> api.get("/metrics", null).body().contains("gateway_in_flight 0.0"));
    assertThat(api.post(gateway.token("c-1"), body("last", "c-1", 1 << 20)).statusCode())
        .isEqualTo(200);
  }

  /** One request, or two of them behind each other, well-formed. */
  private String requests(int number, Random random) {
    String one = request("t-" + number, random);
    return random.nextInt(3) > 0 ? one : one + request("u-" + number, random);
  }

  private String request(String id, Random random) {
    String body = body(id, "c-1", id.hashCode() & 0xffff);
    String head =
        "POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + "Authorization: Bearer "
            + gateway.token("c-1")
            + "\r\n";
    return switch (random.nextInt(4)) {
      case 0 -> "GET /v1/verdicts/3/0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x.y.z\r\n\r\n";
      case 1 ->
          head
              + "Transfer-Encoding: chunked\r\n\r\n"
              + Integer.toHexString(body.length())
              + "\r\n"
              + body
              + "\r\n0\r\n\r\n";
      default -> head + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    };
  }

  private static String damaged(String requests, Random random) {
    StringBuilder bytes = new StringBuilder(requests);
    for (int n = random.nextInt(4); n > 0 && bytes.length() > 1; n--) {
      // Most of it in the first head, where it matters.
      int at =
          random.nextInt(random.nextBoolean() ? Math.min(150, bytes.length()) : bytes.length());
      switch (random.nextInt(5)) {
        case 0 -> bytes.deleteCharAt(at);
        case 1 -> bytes.insert(at, SNIPPETS.get(random.nextInt(SNIPPETS.size())));
        case 2 -> bytes.setCharAt(at, (char) random.nextInt(256));
        case 3 -> bytes.setLength(at);
        default -> {
          int line = bytes.indexOf("\n", at) + 1;
          bytes.insert(line, SNIPPETS.get(random.nextInt(SNIPPETS.size())));
        }
      }
    }
    return bytes.toString();
  }

  private static void write(Socket socket, String bytes) {
    try {
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      // It has been closed already: so be it.
    }
  }

  /** All that comes until the gateway closes the connection. */
  private static String read(Socket socket) throws IOException {
    StringBuilder text = new StringBuilder();
    try {
      byte[] some = new byte[4_096];
      for (int n = socket.getInputStream().read(some);
          n >= 0;
          n = socket.getInputStream().read(some)) {
        text.append(new String(some, 0, n, StandardCharsets.ISO_8859_1));
      }
    } catch (SocketException e) {
      // Closed while something of ours was still on its way.
    }
    return text.toString();
  }
}
