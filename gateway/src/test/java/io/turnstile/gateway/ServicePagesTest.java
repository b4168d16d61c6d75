package io.turnstile.gateway;

import static io.turnstile.gateway.Api.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ServicePagesTest {

  @RegisterExtension private final GatewayExtension gateway = new GatewayExtension();

  @Test
  void readyOnlyWhileVerdictsAreRead() throws Exception {
    Api api = gateway.start();
    assertThat(api.get("/readyz", null).statusCode()).isEqualTo(200);
    gateway.topics().following(false);
    assertThat(api.get("/readyz", null).statusCode()).isEqualTo(503);
    assertThat(api.get("/livez", null).statusCode()).isEqualTo(200);
    assertThat(api.get("/metrics", null).body()).contains("turnstile_gateway_following 0.0");
  }

  @Test
  void metricsCountRequestsByRouteAndStatusAndNameNobody() throws Exception {
    Api api = gateway.start();
    String token = gateway.token("c-secret");
    api.post(token, body("t-secret", "c-secret", 1));
    api.get("/v1/verdicts/3/0", token);
    api.get("/nowhere/t-secret", null);
    String metrics = api.get("/metrics", null).body();
    assertThat(metrics)
        .contains(
            "turnstile_gateway_requests_seconds_count{method=\"POST\",route=\"/v1/transactions\","
                + "status=\"200\"} 1")
        .contains("route=\"/v1/verdicts/{partition}/{offset}\",status=\"200\"} 1")
        .contains("route=\"none\",status=\"404\"} 1")
        .contains("turnstile_gateway_append_seconds_count 1")
        .contains("jvm_memory_used_bytes")
        .doesNotContain("secret")
        .doesNotContain(token);
  }

  /** Every path of the document is a route, with exactly these methods, and no other path is. */
  @Test
  void documentHasTheRoutes() throws Exception {
    Api api = gateway.start();
    HttpResponse<String> answer = api.get("/openapi.json", null);
    JsonNode document = Api.JSON.readTree(answer.body());
    assertThat(document.get("openapi").textValue()).startsWith("3.1.");
    assertThat(gateway.gateway().operations())
        .containsExactlyInAnyOrderElementsOf(operations(document));
  }

  private static List<String> operations(JsonNode document) {
    List<String> operations = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
      path.getValue()
          .fieldNames()
          .forEachRemaining(
              method ->
                  operations.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey()));
    }
    return operations;
  }

  /** The records' schemas in it are those of the wire contract, but for descriptions. */
  @Test
  void documentHasTheContractsFields() throws Exception {
    Api api = gateway.start();
    JsonNode schemas =
        Api.JSON.readTree(api.get("/openapi.json", null).body()).at("/components/schemas");
    for (Map.Entry<String, String> each :
        Map.of("Transaction", "transaction", "Product", "inventory", "Customer", "customer")
            .entrySet()) {
      JsonNode contract =
          Api.JSON.readTree(
              Files.readString(
                  Path.of(System.getProperty("turnstile.home"))
                      .resolve("events/src/main/resources/schemas")
                      .resolve(each.getValue() + ".schema.json")));
      List<String> fields = new ArrayList<>();
      contract.get("properties").fieldNames().forEachRemaining(fields::add);
      fields.remove("token");
      List<String> documented = new ArrayList<>();
      schemas.get(each.getKey()).get("properties").fieldNames().forEachRemaining(documented::add);
      assertThat(documented).as(each.getKey()).containsExactlyElementsOf(fields);
      for (String field : fields) {
        assertThat(type(schemas.get(each.getKey()), field, schemas))
            .as(each.getKey() + "." + field)
            .isEqualTo(type(contract, field, contract.get("$defs")));
      }
    }
  }

  private static String type(JsonNode schema, String field, JsonNode definitions) {
    JsonNode property = schema.get("properties").get(field);
    if (property.has("$ref")) {
      String reference = property.get("$ref").textValue();
      property = definitions.get(reference.substring(reference.lastIndexOf('/') + 1));
    }
    StringBuilder text = new StringBuilder();
    for (String each : List.of("type", "minimum", "maximum", "pattern", "minLength", "maxLength")) {
      text.append(property.path(each)).append(' ');
    }
    return text.toString();
  }

  @Test
  void stopAnswersWhatIsInFlightAndTakesNothingNew() throws Exception {
    Api api = gateway.start();
    gateway.topics().hold();
    CompletableFuture<HttpResponse<String>> inFlight =
        api.postLater(gateway.token("c-1"), body("t-1", "c-1", 1));
    await().until(() -> gateway.topics().appended().size() == 1);
    CompletableFuture<Void> stop = CompletableFuture.runAsync(gateway.gateway()::close);
    await().until(() -> api.get("/readyz", null).statusCode() == 503);
    await().until(() -> api.post(gateway.token("c-1"), body("t-2", "c-1", 2)).statusCode() == 503);
    assertThat(stop).isNotDone();
    gateway.topics().release();
    assertThat(inFlight.get().statusCode()).isEqualTo(200);
    stop.get();
    assertThat(gateway.topics().appended()).hasSize(1);
  }

  @Test
  void requestsAreStillTakenWhileItOnlySaysThatItWillStop() throws Exception {
    Api api = gateway.start(http -> http.drain(Duration.ofDays(1)), settings -> {});
    Thread stop = new Thread(gateway.gateway()::close);
    stop.start();
    await().until(() -> api.get("/readyz", null).statusCode() == 503);
    assertThat(api.post(gateway.token("c-1"), body("t-1", "c-1", 1)).statusCode()).isEqualTo(200);
    stop.interrupt();
    stop.join();
  }
}
