package io.turnstile.simulator.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulatedApiTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private SimulatedApi api;

  @AfterEach
  void stop() {
    api.close();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + api.port() + path)).build(),
        BodyHandlers.ofString());
  }

  private List<String> ids(String path) throws Exception {
    List<String> ids = new ArrayList<>();
    JSON.readTree(get(path).body()).get("items").forEach(each -> ids.add(each.get("id").asText()));
    return ids;
  }

  private void start(ApiSettings settings) throws IOException {
    api = SimulatedApi.start(settings);
  }

  private static ApiSettings faulty(
      double failures, double throttled, double truncated, Duration cursorLifetime) {
    return new ApiSettings(
        "127.0.0.1",
        0,
        10,
        10,
        5,
        Duration.ZERO,
        failures,
        throttled,
        truncated,
        0,
        cursorLifetime,
        1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/products | 0 1 2",
        "/products?limit=2 | 0 1",
        "/products?limit=99 | 0 1 2",
        "/products?limit=2&page=3 | 4 5",
        "/products?offset=6 | 6",
        "/products?offset=7 | ''",
        "/products?since=1 | 2 4",
        "/products?since=1&offset=1 | 4",
      })
  void pagesAreAsTheyAreAskedFor(String path, String numbers) throws Exception {
    start(ApiSettings.faultless(7, 1, 3));
    api.products().change(4);
    api.products().change(2);
    assertThat(ids(path))
        .isEqualTo(
            numbers.isEmpty()
                ? List.of()
                : List.of(numbers.split(" ")).stream().map(each -> "product-" + each).toList());
  }

  @Test
  void cursorAndLinkLeadToTheEnd() throws Exception {
    start(ApiSettings.faultless(0, 5, 2));
    HttpResponse<String> first = get("/customers");
    JsonNode body = JSON.readTree(first.body());
    assertThat(body.get("items")).hasSize(2);
    String link = first.headers().firstValue("Link").orElseThrow();
    assertThat(ids(link.substring(1, link.indexOf('>'))))
        .containsExactly("customer-2", "customer-3");
    String cursor = body.get("next_cursor").textValue();
    JsonNode second = JSON.readTree(get("/customers?cursor=" + cursor).body());
    HttpResponse<String> last = get("/customers?cursor=" + second.get("next_cursor").textValue());
    assertThat(JSON.readTree(last.body()).get("next_cursor").isNull()).isTrue();
    assertThat(last.headers().firstValue("Link")).isEmpty();
    assertThat(api.served()).isEqualTo(4);
  }

  @Test
  void changedRecordHasAVersionOfItsOwnAndOneInTenIsDeleted() throws Exception {
    start(ApiSettings.faultless(1, 0, 1));
    for (int i = 0; i < 9; i++) {
      api.change(1);
    }
    JsonNode product = JSON.readTree(get("/products").body()).get("items").get(0);
    assertThat(product.get("version").longValue()).isEqualTo(10);
    assertThat(product.get("deleted").booleanValue()).isTrue();
    assertThat(product.at("/price/amount").decimalValue().movePointRight(2).longValueExact())
        .isEqualTo(ApiRecords.price(0, 10));
  }

  @Test
  void faultsAreThoseAskedFor() throws Exception {
    start(faulty(1, 0, 0, null));
    assertThat(get("/products").statusCode()).isEqualTo(500);
    api.close();
    start(faulty(0, 1, 0, null));
    assertThat(get("/products").headers().firstValue("Retry-After")).contains("1");
    api.close();
    start(faulty(0, 0, 1, null));
    assertThatThrownBy(() -> get("/products")).isInstanceOf(IOException.class);
  }

  @Test
  void apiThatIsDownGivesNoAnswerUntilItIsUpAgain() throws Exception {
    start(ApiSettings.faultless(1, 0, 1));
    api.trouble(ApiTrouble.DOWN);
    assertThatThrownBy(() -> get("/products")).isInstanceOf(IOException.class);
    api.trouble(ApiTrouble.NONE);
    assertThat(ids("/products")).containsExactly("product-0");
  }

  @Test
  void apiThatLiesRepeatsPagesAndSkipsThem() throws Exception {
    start(ApiSettings.faultless(30, 0, 10));
    String second = "/products?cursor=10." + System.currentTimeMillis();
    api.trouble(ApiTrouble.LYING);
    Set<String> first = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      first.add(ids(second).get(0));
      assertThat(ids("/products").get(0)).as("no cursor, no lie").isEqualTo("product-0");
    }
    assertThat(first).containsExactlyInAnyOrder("product-0", "product-10", "product-20");
    api.trouble(ApiTrouble.NONE);
    assertThat(ids(second).get(0)).isEqualTo("product-10");
  }

  @Test
  void oldCursorExpires() throws Exception {
    start(faulty(0, 0, 0, Duration.ofMinutes(1)));
    long old = System.currentTimeMillis() - 120_000;
    assertThat(get("/products?cursor=3." + old).statusCode()).isEqualTo(410);
    assertThat(get("/products?cursor=3").statusCode()).isEqualTo(400);
    assertThat(get("/products?page=-1").statusCode()).isEqualTo(400);
  }

  @Test
  void recordsChangeAtTheirRate() throws Exception {
    start(new ApiSettings("127.0.0.1", 0, 3, 0, 3, Duration.ZERO, 0, 0, 0, 1_000, null, 1));
    await().until(() -> api.products().version(0) > 1 && api.products().version(2) > 1);
  }
}
