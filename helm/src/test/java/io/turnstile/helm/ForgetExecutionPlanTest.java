package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ForgetExecutionPlanTest {

  private static final String PATH = "/api/v1/namespaces/shop/configmaps/t-cluster-config-map";

  private final List<String> requests = new ArrayList<>();
  private HttpServer api;
  private int status = 200;
  private String configMap;

  @BeforeEach
  void start() throws IOException {
    api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    api.createContext("/", this::answer);
    api.start();
  }

  @AfterEach
  void stop() {
    api.stop(0);
  }

  @Test
  void plansGoAndEverythingElseStays() throws Exception {
    configMap =
        """
        {"metadata": {"annotations": {"control-plane.alpha.kubernetes.io/leader": "{}"}},
         "data": {"executionPlan-01ab": "x", "dispatcher": "a,b", "checkpointID-7": "y"}}
        """;
    assertThat(forget()).containsExactly("executionPlan-01ab");
    assertThat(requests)
        .containsExactly(
            "GET " + PATH + " Bearer secret ",
            "PATCH " + PATH + " Bearer secret {\"data\":{\"executionPlan-01ab\":null}}");
  }

  @Test
  void nothingIsChangedWithoutPlans() throws Exception {
    configMap = "{\"data\": {\"dispatcher\": \"a,b\"}}";
    assertThat(forget()).isEmpty();
    configMap = "{\"metadata\": {}}";
    assertThat(forget()).isEmpty();
    assertThat(requests).allMatch(request -> request.startsWith("GET "));
  }

  @Test
  void firstInstallationHasNoConfigMapYet() throws Exception {
    status = 404;
    configMap = "{\"kind\": \"Status\"}";
    assertThat(forget()).isEmpty();
  }

  @Test
  void refusalFailsWithItsReason() {
    status = 403;
    configMap = "{\"message\": \"configmaps is forbidden\"}";
    assertThatThrownBy(this::forget)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("t-cluster-config-map")
        .hasMessageContaining("403")
        .hasMessageContaining("configmaps is forbidden");
  }

  @Test
  void serverThatDoesNotAnswerIsAQuestionOfThePolicy() {
    api.stop(0);
    assertThatThrownBy(this::forget)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does not answer (does networkPolicy.httpsPorts have its port?)");
  }

  private List<String> forget() throws IOException, InterruptedException {
    URI uri = URI.create("http://localhost:" + api.getAddress().getPort());
    KubernetesApi api = new KubernetesApi(uri, HttpClient.newHttpClient(), "secret");
    return new ForgetExecutionPlan(api).forget("shop", "t-cluster-config-map");
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    requests.add(
        "%s %s %s %s"
            .formatted(
                exchange.getRequestMethod(),
                exchange.getRequestURI(),
                exchange.getRequestHeaders().getFirst("Authorization"),
                body));
    byte[] answer = configMap.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }
}
