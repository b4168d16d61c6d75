package io.turnstile.gateway;

import static io.turnstile.gateway.Api.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.Decoded;
import io.turnstile.events.TransactionCodec;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Damaged requests, at random: none is a failure of the gateway, none gets a bad record through.
 */
class HostileRequestsTest {

  private static final int REQUESTS = 500;

  private static final List<String> SNIPPETS =
      List.of(
          "\"",
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "null",
          "true",
          "-0",
          "1e400",
          "1e9999999999",
          "\\u0000",
          "\\ud800",
          "\u00e9",
          "\ufeff",
          "99999999999999999999",
          "0.1",
          "\"customer_id\":\"c-2\",",
          "\"token\":7,",
          "\n",
          "\u0000",
          "{\"a\":{\"a\":{\"a\":",
          "9007199254740993");

  @RegisterExtension private final GatewayExtension gateway = new GatewayExtension();

  @Test
  void noDamageIsAnErrorOfTheGateway() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Api api = gateway.start();
    String token = gateway.token("c-1");
    for (int i = 0; i < REQUESTS; i++) {
      String body = damaged(body("t-" + i, "c-1", i), random);
      String path = random.nextInt(4) == 0 ? damagedPath(random) : "/v1/transactions";
      List<String> headers =
          new ArrayList<>(
              List.of("Content-Type", "application/json", "Authorization", "Bearer " + token));
      if (random.nextBoolean()) {
        headers.add("Idempotency-Key");
        headers.add(visible(random));
      }
      if (random.nextInt(5) == 0) {
        headers.set(3, visible(random));
      }
      HttpResponse<String> answer =
          api.send(
              "POST", path, body.getBytes(StandardCharsets.UTF_8), headers.toArray(String[]::new));
      assertThat(answer.statusCode())
          .as("seed %d, request %d: %s", seed, i, body)
          .isIn(200, 400, 401, 404, 405, 409, 413, 415, 422);
      assertThat(answer.body()).doesNotContain(token);
    }
    for (ProducerRecord<byte[], byte[]> record : gateway.topics().appended()) {
      assertThat(TransactionCodec.decode(record.value()))
          .as("seed %d", seed)
          .isInstanceOf(Decoded.Valid.class);
    }
    assertThat(gateway.topics().appended()).isNotEmpty();
  }

  private static String damaged(String body, Random random) {
    StringBuilder text = new StringBuilder(body);
    for (int n = random.nextInt(4); n > 0 && text.length() > 1; n--) {
      int at = random.nextInt(text.length());
      switch (random.nextInt(4)) {
        case 0 -> text.deleteCharAt(at);
        case 1 -> text.insert(at, SNIPPETS.get(random.nextInt(SNIPPETS.size())));
        case 2 -> text.setLength(at);
        default -> text.setCharAt(at, (char) (32 + random.nextInt(95)));
      }
    }
    return text.toString();
  }

  private static String damagedPath(Random random) {
    List<String> paths =
        List.of(
            "/v1/transactions/",
            "//v1/transactions",
            "/v1/transactions/..%2f",
            "/v1/verdicts/3/0",
            "/v1/%74ransactions",
            "/v1/inventory",
            "/v1/transactions?x=%00",
            "/");
    return paths.get(random.nextInt(paths.size()));
  }

  private static String visible(Random random) {
    StringBuilder text = new StringBuilder();
    for (int n = 1 + random.nextInt(20); n > 0; n--) {
      text.append((char) (33 + random.nextInt(94)));
    }
    return text.toString();
  }
}
