package io.turnstile.gateway;

import static io.turnstile.gateway.Api.problem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.events.Customer;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.gateway.webhook.WebhookSettings;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookTest {

  private static final Duration WINDOW = Duration.ofMinutes(5);

  @RegisterExtension private final GatewayExtension gateway = new GatewayExtension();

  static String product(int id) {
    return """
    {"product_id":"p-%d","name":"N","category":"C","unit_price":1,"currency":"EUR","stock":5,
     "version":7.0,"updated_at":9,"more":[null]}"""
        .formatted(id);
  }

  static String signature(String secret, Instant time, String body) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    String signed = time.getEpochSecond() + "." + body;
    return "t="
        + time.getEpochSecond()
        + ",v1="
        + HexFormat.of().formatHex(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
  }

  private static HttpResponse<String> post(Api api, String path, String body, String signature)
      throws Exception {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return signature == null
        ? api.send("POST", path, bytes, "Content-Type", "application/json")
        : api.send(
            "POST",
            path,
            bytes,
            "Content-Type",
            "application/json",
            "Turnstile-Signature",
            signature);
  }

  private static HttpResponse<String> signed(Api api, String path, String body) throws Exception {
    return post(api, path, body, signature(GatewayExtension.SECRET, Instant.now(), body));
  }

  @Test
  void productAndCustomerGoIntoTheirTopics() throws Exception {
    Api api = gateway.start();
    assertThat(signed(api, "/v1/inventory", product(1)).body()).isEqualTo("{\"records\":1}");
    String customer =
        "{\"customer_id\":\"c-1\",\"name\":\"N\",\"segment\":\"S\",\"country\":\"DE\","
            + "\"version\":1,\"updated_at\":2}";
    assertThat(signed(api, "/v1/customers", customer).statusCode()).isEqualTo(200);
    List<ProducerRecord<byte[], byte[]>> appended = gateway.topics().appended();
    assertThat(appended)
        .extracting(ProducerRecord::topic)
        .containsExactly("inventory", "customers");
    assertThat(new String(appended.get(0).key(), StandardCharsets.UTF_8)).isEqualTo("p-1");
    assertThat(appended.get(0).value())
        .isEqualTo(ProductCodec.encode(new Product("p-1", "N", "C", 1, "EUR", 5, 7, 9)));
    assertThat(appended.get(1).value())
        .isEqualTo(CustomerCodec.encode(new Customer("c-1", "N", "S", "DE", 1, 2)));
  }

  @Test
  void batchIsTakenAsAWhole() throws Exception {
    Api api = gateway.start();
    String batch =
        IntStream.range(0, 500)
            .mapToObj(WebhookTest::product)
            .collect(Collectors.joining(",", "[", "]"));
    assertThat(signed(api, "/v1/inventory", batch).body()).isEqualTo("{\"records\":500}");
    assertThat(gateway.topics().appended())
        .extracting(record -> new String(record.key(), StandardCharsets.UTF_8))
        .containsExactlyElementsOf(IntStream.range(0, 500).mapToObj(i -> "p-" + i).toList());
    assertThat(signed(api, "/v1/inventory", "[]").body()).isEqualTo("{\"records\":0}");
  }

  @Test
  void batchWithOneBadRecordIsRefusedAsAWhole() throws Exception {
    Api api = gateway.start();
    String batch = "[" + product(1) + "," + product(2).replace("\"EUR\"", "7") + ",3]";
    HttpResponse<String> answer = signed(api, "/v1/inventory", batch);
    assertThat(answer.statusCode()).isEqualTo(422);
    JsonNode errors = problem(answer).get("errors");
    assertThat(errors).hasSize(2);
    assertThat(errors.get(0).get("index").intValue()).isEqualTo(1);
    assertThat(errors.get(0).get("detail").textValue())
        .isEqualTo("currency is not three capital letters");
    assertThat(gateway.topics().appended()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[{]", "{} {}", "{\"version\":1,\"version\":1}", "1e999999999"})
  void bodyThatIsNoRecordIsRefused(String body) throws Exception {
    Api api = gateway.start();
    assertThat(signed(api, "/v1/inventory", body).statusCode()).isEqualTo(422);
    assertThat(gateway.topics().appended()).isEmpty();
  }

  @Test
  void forgedSignatureIsRefused() throws Exception {
    Api api = gateway.start();
    String body = product(1);
    Instant now = Instant.now();
    String good = signature(GatewayExtension.SECRET, now, body);
    List<String> forged =
        List.of(
            signature("another-secret", now, body),
            signature(GatewayExtension.SECRET, now, product(2)),
            good.replace("t=", "t=0"),
            good.replace("t=" + now.getEpochSecond(), "t=" + (now.getEpochSecond() + 1)),
            good.substring(0, good.length() - 1),
            good + "0",
            "t=1",
            "");
    for (String signature : forged) {
      assertThat(post(api, "/v1/inventory", body, signature).statusCode())
          .as(signature)
          .isEqualTo(401);
    }
    assertThat(post(api, "/v1/inventory", body, null).statusCode()).isEqualTo(401);
    assertThat(gateway.topics().appended()).isEmpty();
  }

  @Test
  void signatureOfAnotherTimeIsRefused() throws Exception {
    Api api = gateway.start();
    String body = product(1);
    for (Duration off : List.of(WINDOW.plusMinutes(1), WINDOW.plusMinutes(1).negated())) {
      String signature = signature(GatewayExtension.SECRET, Instant.now().plus(off), body);
      assertThat(post(api, "/v1/inventory", body, signature).statusCode()).isEqualTo(401);
    }
    assertThat(gateway.topics().appended()).isEmpty();
  }

  @Test
  void replayIsRefused() throws Exception {
    Api api = gateway.start();
    String body = product(1);
    String signature = signature(GatewayExtension.SECRET, Instant.now(), body);
    assertThat(post(api, "/v1/inventory", body, signature).statusCode()).isEqualTo(200);
    String padded = signature + ",v1=" + "0".repeat(64);
    for (String again : List.of(signature, padded)) {
      HttpResponse<String> replayed = post(api, "/v1/inventory", body, again);
      assertThat(replayed.statusCode()).isEqualTo(401);
      assertThat(problem(replayed).get("detail").textValue()).contains("has been used");
    }
    assertThat(gateway.topics().appended()).hasSize(1);
  }

  @Test
  void requestThatFailedMayComeAgainAsItIs() throws Exception {
    Api api = gateway.start();
    String body = product(1);
    String signature = signature(GatewayExtension.SECRET, Instant.now(), body);
    gateway.topics().failWith(new TimeoutException("expired"));
    assertThat(post(api, "/v1/inventory", body, signature).statusCode()).isEqualTo(503);
    gateway.topics().failWith(null);
    assertThat(post(api, "/v1/inventory", body, signature).statusCode()).isEqualTo(200);
  }

  /** Else several large batches at once would fill the producer's buffer. */
  @Test
  void webhooksBeyondTheirRoomAreRefusedAtOnceAndMayComeAgainAsTheyAre() throws Exception {
    Api api =
        gateway.start(
            http -> {},
            settings ->
                settings.webhooks(
                    new WebhookSettings(List.of(GatewayExtension.SECRET), WINDOW, 1_000, 400)));
    gateway.topics().hold();
    String large = product(1) + " ".repeat(200);
    CompletableFuture<HttpResponse<String>> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return signed(api, "/v1/inventory", large);
              } catch (Exception e) {
                throw new CompletionException(e);
              }
            });
    await().until(() -> gateway.topics().appended().size() == 1);

    String signature = signature(GatewayExtension.SECRET, Instant.now(), product(2));
    HttpResponse<String> refused = post(api, "/v1/inventory", product(2), signature);
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(problem(refused).get("type").textValue()).endsWith(":overloaded");
    assertThat(refused.headers().firstValue("Retry-After")).contains("1");
    assertThat(signed(api, "/v1/customers", product(2)).statusCode()).isEqualTo(503);
    assertThat(gateway.topics().appended()).hasSize(1);
    gateway.topics().release();
    assertThat(waiting.get().statusCode()).isEqualTo(200);
    assertThat(post(api, "/v1/inventory", product(2), signature).statusCode()).isEqualTo(200);
  }

  @Test
  void secretsCanBeExchanged() throws Exception {
    Api api =
        gateway.start(
            http -> {},
            settings ->
                settings.webhooks(
                    new WebhookSettings(
                        List.of("new secret", "old secret"), WINDOW, 1_000, 10_000)));
    for (String secret : List.of("old secret", "new secret")) {
      String signature = signature(secret, Instant.now(), product(1));
      assertThat(post(api, "/v1/inventory", product(1), signature).statusCode()).isEqualTo(200);
    }
    Instant now = Instant.now();
    String unknown = signature("unknown", now, product(2));
    String known = signature("new secret", now, product(2));
    String both = unknown + known.substring(known.indexOf(",v1="));
    assertThat(post(api, "/v1/inventory", product(2), both).statusCode()).isEqualTo(200);
  }

  @Test
  void withoutSecretsThereAreNoWebhooks() throws Exception {
    Api api =
        gateway.start(
            http -> {},
            settings -> settings.webhooks(new WebhookSettings(List.of(), WINDOW, 1_000, 10_000)));
    assertThat(signed(api, "/v1/inventory", product(1)).statusCode()).isEqualTo(404);
    assertThat(signed(api, "/v1/customers", product(1)).statusCode()).isEqualTo(404);
  }
}
