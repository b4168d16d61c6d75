package io.turnstile.gateway;

import static io.turnstile.gateway.Api.body;
import static io.turnstile.gateway.Api.problem;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Decoded;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.TransactionCodec;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
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

  private static final List<String> METHODS =
      List.of("POST", "POST", "POST", "GET", "GET", "PUT", "DELETE", "PATCH", "OPTIONS", "MAKE");

  private static final List<String> PARAMETERS =
      List.of("3", "0", "-1", "99999999999999999999", "x", "%00", "0x1", "3%2F0", "%D9%A3", "1.0");

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

  /** As tools do that make requests of an OpenAPI document; the client compares each answer. */
  @Test
  void everyOperationAnswersAsTheDocumentSaysWhateverItIsSent() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Api api = gateway.start();
    List<String> paths = api.paths();
    for (int i = 0; i < REQUESTS; i++) {
      String template = oneOf(paths, random);
      String path =
          template
              .replace("{partition}", oneOf(PARAMETERS, random))
              .replace("{offset}", oneOf(PARAMETERS, random));
      String method = oneOf(METHODS, random);
      String body = path.startsWith("/v1/") ? damaged(wellFormed(path, i), random) : "";
      HttpResponse<String> answer =
          api.send(method, path, body.getBytes(StandardCharsets.UTF_8), headers(body, random));
      String what = "seed %d, request %d: %s %s %s".formatted(seed, i, method, path, body);
      assertThat(answer.statusCode()).as(what).isNotEqualTo(500);
      if (answer.statusCode() >= 400) {
        assertThat(problem(answer).get("title").textValue()).as(what).isNotBlank();
      }
    }
    for (String path : List.of("/v1/transactions", "/v1/inventory", "/v1/customers")) {
      String body = wellFormed(path, REQUESTS);
      HttpResponse<String> answer =
          api.send("POST", path, body.getBytes(StandardCharsets.UTF_8), rightHeaders(body));
      assertThat(answer.statusCode()).as("seed %d: %s", seed, answer.body()).isEqualTo(200);
    }
    for (ProducerRecord<byte[], byte[]> record : gateway.topics().appended()) {
      Decoded<?> decoded =
          switch (record.topic()) {
            case "inventory" -> ProductCodec.decode(record.value());
            case "customers" -> CustomerCodec.decode(record.value());
            default -> TransactionCodec.decode(record.value());
          };
      assertThat(decoded).as("seed %d", seed).isInstanceOf(Decoded.Valid.class);
    }
    assertThat(gateway.topics().appended())
        .extracting(ProducerRecord::topic)
        .contains("transactions", "inventory", "customers");
  }

  private static String wellFormed(String path, int number) {
    return switch (path) {
      case "/v1/inventory" -> "[" + WebhookTest.product(number) + "]";
      case "/v1/customers" ->
          """
          {"customer_id":"c-%d","name":"N","segment":"S","country":"DE","version":1,"updated_at":2}"""
              .formatted(number);
      default -> body("t-" + number, "c-1", number);
    };
  }

  private String[] rightHeaders(String body) throws Exception {
    return new String[] {
      "Authorization",
      "Bearer " + gateway.token("c-1"),
      "Turnstile-Signature",
      WebhookTest.signature(GatewayExtension.SECRET, Instant.now(), body),
      "Content-Type",
      "application/json"
    };
  }

  /** Those that some operation wants, most of them right. */
  private String[] headers(String body, Random random) throws Exception {
    List<String> headers = new ArrayList<>();
    List<String> tokens =
        List.of(
            "Bearer " + gateway.token("c-1"),
            "Bearer " + gateway.token("c-2"),
            "Bearer " + gateway.forgedToken("c-1"),
            "Bearer " + gateway.expiredToken("c-1"),
            "Bearer " + visible(random));
    headers.addAll(List.of("Authorization", oneOf(tokens, random)));
    String signed =
        WebhookTest.signature(
            GatewayExtension.SECRET, Instant.now(), body + (random.nextInt(4) > 0 ? "" : " "));
    headers.addAll(List.of("Turnstile-Signature", signed));
    headers.addAll(
        List.of("Content-Type", random.nextInt(9) > 0 ? "application/json" : visible(random)));
    for (String name : List.of("Idempotency-Key", "traceparent", "Content-Encoding")) {
      if (random.nextInt(9) == 0) {
        headers.addAll(List.of(name, visible(random)));
      }
    }
    if (random.nextInt(9) == 0) {
      int twice = 2 * random.nextInt(headers.size() / 2);
      headers.addAll(List.of(headers.get(twice), visible(random)));
    }
    return headers.toArray(String[]::new);
  }

  private static <T> T oneOf(List<T> all, Random random) {
    return all.get(random.nextInt(all.size()));
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
