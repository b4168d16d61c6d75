package io.turnstile.clients;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.net.ssl.SSLException;

/**
 * Requests to Flink's REST API, with JSON as the answer. Paths are relative to {@link #uri}.
 * Thread-safe.
 *
 * <p>Every request throws {@link FlinkRestException} when Flink cannot be reached or refuses, its
 * message one line with the reason that Flink gave.
 */
final class FlinkHttp {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);

  /** Finds a failure of the main method itself, not of a job that it handed over to Flink. */
  private static final Pattern MAIN_FAILED =
      Pattern.compile(
          "(?:The main method caused an error: |ProgramParametrizationException: )"
              + "(?!Failed to execute job )(.*)");

  private static final Pattern CAUSE = Pattern.compile("Caused by: (?:[\\w.$]+: )?(.+)");

  private static final String LOG_IN =
      "log in with --flink-user, --flink-token-file or --flink-certificate";

  private static final String CERTIFICATES =
      "; --flink-ca names its certificate authority, --flink-certificate a client certificate";

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final int MULTIPLE_CHOICES = 300;
  private static final int BAD_REQUEST = 400;
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;

  private final URI uri;
  private final FlinkAccess access;
  private final HttpClient client;

  /**
   * @param uri address of the API, a path prefix included
   */
  FlinkHttp(URI uri, FlinkAccess access) {
    String text = uri.toString();
    this.uri = URI.create(text.endsWith("/") ? text : text + "/");
    this.access = access;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_TIMEOUT);
    access.tls().ifPresent(builder::sslContext);
    client = builder.build();
  }

  URI uri() {
    return uri;
  }

  /** An empty JSON object, to be the body of a request. */
  static ObjectNode object() {
    return JSON.createObjectNode();
  }

  JsonNode get(String path) {
    return send(request(path).GET());
  }

  JsonNode post(String path, ObjectNode body) {
    return post(path, "application/json", BodyPublishers.ofString(body.toString()));
  }

  JsonNode post(String path, String contentType, BodyPublisher body) {
    return send(request(path).header("Content-Type", contentType).POST(body));
  }

  JsonNode patch(String path) {
    return send(request(path).method("PATCH", BodyPublishers.noBody()));
  }

  JsonNode delete(String path) {
    return send(request(path).DELETE());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(uri.resolve(path)).timeout(REQUEST_TIMEOUT);
  }

  private JsonNode send(HttpRequest.Builder builder) {
    HttpRequest request;
    HttpResponse<String> response;
    try {
      access.authorization().ifPresent(login -> builder.header("Authorization", login));
      request = builder.build();
      response = client.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new FlinkRestException(
          "Flink does not answer at "
              + uri
              + ": "
              + e.getClass().getSimpleName()
              + detail(e)
              + (e instanceof SSLException ? CERTIFICATES : ""),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FlinkRestException("interrupted while waiting for Flink", e);
    }
    if (response.statusCode() >= BAD_REQUEST) {
      throw refused(request, response);
    }
    if (response.statusCode() >= MULTIPLE_CHOICES) {
      // Not followed: it may lead to a login page, and the login does not belong there.
      throw new FlinkRestException(
          response.statusCode(),
          "%s %s: HTTP %d leads away from Flink; %s"
              .formatted(request.method(), request.uri().getPath(), response.statusCode(), LOG_IN));
    }
    try {
      return JSON.readTree(response.body());
    } catch (JsonProcessingException e) {
      throw new FlinkRestException(request.uri() + " did not answer with JSON", e);
    }
  }

  private static String detail(IOException e) {
    return e.getMessage() == null ? "" : " " + e.getMessage();
  }

  private static FlinkRestException refused(HttpRequest request, HttpResponse<String> response) {
    String error = errors(response.body());
    Matcher mainFailed = MAIN_FAILED.matcher(error);
    if (mainFailed.find()) {
      return new JobRejectedException(response.statusCode(), mainFailed.group(1).strip());
    }
    return new FlinkRestException(
        response.statusCode(),
        "%s %s: HTTP %d: %s"
            .formatted(
                request.method(),
                request.uri().getPath(),
                response.statusCode(),
                needsLogin(response.statusCode()) ? LOG_IN : innermostMessage(error)));
  }

  private static boolean needsLogin(int status) {
    return status == UNAUTHORIZED || status == FORBIDDEN;
  }

  private static String errors(String body) {
    try {
      List<String> errors = new ArrayList<>();
      JSON.readTree(body).path("errors").forEach(error -> errors.add(error.asText()));
      return String.join("\n", errors);
    } catch (JsonProcessingException e) {
      return body;
    }
  }

  /** The message of the last cause in a stack trace, or its first line when there is none. */
  static String innermostMessage(String stackTrace) {
    String message = stackTrace.lines().findFirst().orElse("");
    Matcher cause = CAUSE.matcher(stackTrace);
    while (cause.find()) {
      message = cause.group(1);
    }
    return message.strip();
  }

  /** The text of a node, none if it is absent or null. */
  static Optional<String> text(JsonNode node) {
    return node.isTextual() ? Optional.of(node.asText()) : Optional.empty();
  }

  /** The elements of an array. */
  static Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }
}
