package io.turnstile.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A client that believes the OpenAPI document: an answer that it does not name is an error. */
public final class Api implements AutoCloseable {

  public static final ObjectMapper JSON = new ObjectMapper();

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final int port;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(PATIENCE)
          .executor(threads)
          .build();
  private final JsonNode document;

  Api(int port) throws IOException {
    this.port = port;
    try (var in = Api.class.getResourceAsStream("openapi.json")) {
      document = JSON.readTree(in);
    }
  }

  public int port() {
    return port;
  }

  /** Sends a transaction. */
  public HttpResponse<String> post(String token, String body, String... headers) throws Exception {
    return postLater(token, body, headers).get();
  }

  /** Sends a transaction and does not wait. */
  public CompletableFuture<HttpResponse<String>> postLater(
      String token, String body, String... headers) {
    HttpRequest.Builder request =
        request("/v1/transactions")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body));
    return sendLater(authorized(request, token), headers);
  }

  /** Gets a page, with a token unless it is null. */
  public HttpResponse<String> get(String path, String token, String... headers) throws Exception {
    return sendLater(authorized(request(path).GET(), token), headers).get();
  }

  /** Any request. */
  public HttpResponse<String> send(String method, String path, byte[] body, String... headers)
      throws Exception {
    return sendLater(request(path).method(method, BodyPublishers.ofByteArray(body)), headers).get();
  }

  private static HttpRequest.Builder authorized(HttpRequest.Builder request, String token) {
    return token == null ? request : request.header("Authorization", "Bearer " + token);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(PATIENCE);
  }

  private CompletableFuture<HttpResponse<String>> sendLater(
      HttpRequest.Builder builder, String... headers) {
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    return client
        .sendAsync(builder.build(), BodyHandlers.ofString())
        .thenApply(
            response -> {
              requireDocumented(response);
              return response;
            });
  }

  /** What it says of a path, method and status has to be so. */
  private void requireDocumented(HttpResponse<String> response) {
    JsonNode operation = operation(response.request().method(), response.uri().getRawPath());
    if (operation == null) {
      assertThat(response.statusCode()).isIn(404, 405, 413);
      return;
    }
    String at = response.request() + " " + response.statusCode() + " " + response.body();
    JsonNode answer = operation.at("/responses/" + response.statusCode());
    assertThat(answer.isMissingNode()).as(at).isFalse();
    if (answer.has("$ref")) {
      answer = document.at(answer.get("$ref").textValue().substring(1));
    }
    String type = response.headers().firstValue("Content-Type").orElseThrow().split(";", 2)[0];
    assertThat(answer.get("content").has(type)).as(at).isTrue();
    for (Map.Entry<String, JsonNode> header : answer.path("headers").properties()) {
      assertThat(response.headers().firstValue(header.getKey())).as(at).isPresent();
    }
    JsonNode schema = answer.at("/content/" + type.replace("/", "~1") + "/schema");
    if (schema.has("$ref")) {
      requireFields(response.body(), document.at(schema.get("$ref").textValue().substring(1)), at);
    }
  }

  private static void requireFields(String body, JsonNode schema, String at) {
    JsonNode json;
    try {
      json = JSON.readTree(body);
    } catch (IOException e) {
      throw new AssertionError(at, e);
    }
    for (JsonNode field : schema.get("required")) {
      assertThat(json.has(field.textValue())).as(at + field).isTrue();
    }
    json.fieldNames()
        .forEachRemaining(name -> assertThat(schema.get("properties").has(name)).as(at).isTrue());
  }

  private JsonNode operation(String method, String path) {
    for (Map.Entry<String, JsonNode> each : document.get("paths").properties()) {
      String template = each.getKey().replaceAll("\\{\\w+}", "[^/]+");
      if (path.matches(template)) {
        return each.getValue().get(method.toLowerCase(java.util.Locale.ROOT));
      }
    }
    return null;
  }

  /** The problem that an answer is. */
  public static JsonNode problem(HttpResponse<String> response) throws IOException {
    assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
    JsonNode problem = JSON.readTree(response.body());
    assertThat(problem.get("status").intValue()).isEqualTo(response.statusCode());
    return problem;
  }

  /** A transaction's fields, without its id and token. */
  public static String body(String customerId, long amount) {
    return """
    {"customer_id":"%s","product_id":"p-1","quantity":2,"amount":%d,"currency":"EUR","occurred_at":5}"""
        .formatted(customerId, amount);
  }

  /** The same with an id. */
  public static String body(String transactionId, String customerId, long amount) {
    return "{\"transaction_id\":\"" + transactionId + "\"," + body(customerId, amount).substring(1);
  }

  /** The document's paths. */
  public List<String> paths() {
    return document.get("paths").properties().stream().map(Map.Entry::getKey).toList();
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
