package io.turnstile.feeds.source.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.clients.SecretFile;
import io.turnstile.feeds.config.HttpPages.Auth;
import io.turnstile.feeds.source.SourceException;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;

/** Puts into a request what the source wants to see. Reads secrets from their files each time. */
interface Login {

  /** Adds it to a request. */
  void addTo(HttpRequest.Builder request) throws SourceException, InterruptedException;

  /**
   * The source has refused what was added.
   *
   * @return whether something else can be added now
   */
  default boolean refused() {
    return false;
  }

  /**
   * The login of a source.
   *
   * @param auth null for none
   * @param exchange for a token that is fetched
   */
  static Login of(Auth auth, HttpExchange exchange) {
    if (auth == null) {
      return request -> {};
    }
    if (auth.bearer() != null) {
      return request ->
          request.setHeader("Authorization", "Bearer " + secret(auth.bearer().tokenFile()));
    }
    if (auth.basic() != null) {
      return request ->
          request.setHeader(
              "Authorization", basic(auth.basic().user(), secret(auth.basic().passwordFile())));
    }
    if (auth.apiKey() != null) {
      return request -> request.setHeader(auth.apiKey().header(), secret(auth.apiKey().keyFile()));
    }
    return new ClientCredentials(auth.oauth(), exchange);
  }

  private static String secret(String file) throws SourceException {
    try {
      String secret = SecretFile.read(Path.of(file));
      if (!isHeader(secret)) {
        throw SourceException.lasting("a secret has line breaks or letters outside ASCII", null);
      }
      return secret;
    } catch (NoSuchFileException e) {
      throw SourceException.passing("there is no file " + e.getFile(), e);
    } catch (IOException e) {
      // A platform may be about to renew it.
      throw SourceException.passing("a secret cannot be read: " + e.getMessage(), e);
    }
  }

  /** What is none, the client would refuse in a message that has it. */
  private static boolean isHeader(String secret) {
    return secret.chars().allMatch(each -> each >= ' ' && each <= '~');
  }

  private static String basic(String user, String password) {
    return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
  }

  /** A token that is fetched with the client's own credentials, and kept until it expires. */
  final class ClientCredentials implements Login {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration MARGIN = Duration.ofSeconds(30);
    private static final long USUAL_SECONDS = 300;
    private static final long MOST_SECONDS = 86_400;

    private final Auth.OAuth settings;
    private final HttpExchange exchange;
    private String token;
    private long expiresNanos;

    private ClientCredentials(Auth.OAuth settings, HttpExchange exchange) {
      this.settings = settings;
      this.exchange = exchange;
    }

    @Override
    public void addTo(HttpRequest.Builder request) throws SourceException, InterruptedException {
      if (token == null || System.nanoTime() - expiresNanos >= 0) {
        fetch();
      }
      request.setHeader("Authorization", "Bearer " + token);
    }

    @Override
    public boolean refused() {
      token = null;
      return true;
    }

    private void fetch() throws SourceException, InterruptedException {
      String scope = settings.scope() == null ? "" : "&scope=" + encoded(settings.scope());
      HttpRequest request =
          HttpRequest.newBuilder(settings.tokenUrl())
              .setHeader(
                  "Authorization",
                  basic(encoded(settings.clientId()), encoded(secret(settings.clientSecretFile()))))
              .setHeader("Content-Type", "application/x-www-form-urlencoded")
              .setHeader("Accept", "application/json")
              .POST(BodyPublishers.ofString("grant_type=client_credentials" + scope))
              .build();
      HttpResponse<byte[]> answer = exchange.send(request);
      if (answer.statusCode() != 200) {
        SourceException failure = HttpExchange.failure(answer);
        String message = "no token from token_url: " + failure.getMessage();
        throw failure.cure() == SourceException.Cure.REPEAT
            ? SourceException.busy(message, failure.retryAfter())
            : SourceException.lasting(message, null);
      }
      JsonNode body = json(answer.body());
      if (!body.path("access_token").isTextual()) {
        throw SourceException.passing("no token from token_url: no access_token in it");
      }
      String fetched = body.get("access_token").textValue();
      if (!isHeader(fetched)) {
        throw SourceException.lasting(
            "the token from token_url has line breaks or letters outside ASCII", null);
      }
      token = fetched;
      long seconds = body.path("expires_in").asLong(USUAL_SECONDS);
      Duration valid = Duration.ofSeconds(Math.min(Math.max(seconds, 0), MOST_SECONDS));
      expiresNanos = System.nanoTime() + valid.minus(MARGIN).toNanos();
    }

    private static JsonNode json(byte[] body) throws SourceException {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        // Its own message may repeat what is in the body.
        throw SourceException.passing("no token from token_url: no JSON");
      }
    }

    private static String encoded(String text) {
      return URLEncoder.encode(text, UTF_8);
    }
  }
}
