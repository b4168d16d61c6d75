package io.turnstile.helm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** An API server that knows objects of the namespace {@code payments} by kind and name. */
final class FakeKubernetes implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** By {@code KIND/NAME}, the kind as in a path. */
  private final Map<String, ObjectNode> objects = new TreeMap<>();

  private final HttpServer server;

  FakeKubernetes() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  KubernetesApi api() {
    return new KubernetesApi(
        URI.create("http://localhost:" + server.getAddress().getPort()),
        HttpClient.newHttpClient(),
        "secret");
  }

  /** Adds an object with these labels; returns it. */
  synchronized ObjectNode add(String kind, String name, Map<String, String> labels) {
    ObjectNode object = JSON.createObjectNode();
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    labels.forEach(metadata.putObject("labels")::put);
    objects.put(kind + "/" + name, object);
    return object;
  }

  synchronized Set<String> names() {
    return new TreeSet<>(objects.keySet());
  }

  synchronized ObjectNode object(String name) {
    return objects.get(name);
  }

  synchronized void remove(String name) {
    objects.remove(name);
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    List<String> path =
        List.of(exchange.getRequestURI().getPath().split("/namespaces/payments/", -1));
    String name = path.get(1);
    String query = exchange.getRequestURI().getRawQuery();
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    int status = 200;
    JsonNode answer = JSON.createObjectNode();
    switch (exchange.getRequestMethod()) {
      case "GET" -> {
        if (!name.contains("/")) {
          answer =
              list(
                  name,
                  URLDecoder.decode(
                      query.substring("labelSelector=".length()), StandardCharsets.UTF_8));
        } else if (objects.containsKey(name)) {
          answer = objects.get(name);
        } else {
          status = 404;
        }
      }
      case "POST" -> {
        ObjectNode object = (ObjectNode) JSON.readTree(body);
        status =
            objects.putIfAbsent(name + "/" + object.at("/metadata/name").asText(), object) == null
                ? 201
                : 409;
      }
      case "DELETE" -> status = delete(name) ? 200 : 404;
      default -> status = 405;
    }
    byte[] bytes = answer.toString().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  /** With a Deployment, its pods go. */
  private boolean delete(String name) {
    JsonNode removed = objects.remove(name);
    if (removed != null && name.startsWith("deployments/")) {
      JsonNode labels = removed.at("/metadata/labels");
      objects
          .entrySet()
          .removeIf(
              each ->
                  each.getKey().startsWith("pods/")
                      && each.getValue().at("/metadata/labels").equals(labels));
    }
    return removed != null;
  }

  private ObjectNode list(String kind, String selector) {
    ObjectNode list = JSON.createObjectNode();
    ArrayNode items = list.putArray("items");
    objects.forEach(
        (name, object) -> {
          if (name.startsWith(kind + "/")
              // Between conditions, not between the values of one.
              && Stream.of(selector.split(",(?![^(]*\\))", -1))
                  .allMatch(condition -> holds(condition, object.at("/metadata/labels")))) {
            items.add(object);
          }
        });
    return list;
  }

  private static boolean holds(String condition, JsonNode labels) {
    if (condition.contains(" in (")) {
      String[] parts = condition.split(" in \\(", 2);
      return List.of(parts[1].replace(")", "").split(",", -1))
          .contains(labels.path(parts[0]).asText());
    }
    if (condition.contains("=")) {
      String[] parts = condition.split("=", 2);
      return labels.path(parts[0]).asText().equals(parts[1]);
    }
    return labels.has(condition);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
