package io.turnstile.simulator.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A partner that sends signed webhooks, one batch after the other. Thread-safe. */
public final class WebhookClient {

  private static final String ALGORITHM = "HmacSHA256";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int OK = 200;
  private static final int UNAVAILABLE = 503;

  /** Longer than the second that a signature's time has: the next attempt has another signature. */
  private static final long BACKOFF_MILLIS = 1_100;

  private static final int ATTEMPTS = 30;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();
  private final URI gateway;
  private final String secret;
  private final Clock clock;

  /**
   * @param gateway as {@code http://127.0.0.1:8080}
   */
  public WebhookClient(URI gateway, String secret, Clock clock) {
    this.gateway = gateway;
    this.secret = secret;
    this.clock = clock;
  }

  /** Returns the value of the header {@code Turnstile-Signature} for a body, at this second. */
  public String signature(String body) {
    long time = clock.instant().getEpochSecond();
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM));
      byte[] code = mac.doFinal((time + "." + body).getBytes(StandardCharsets.UTF_8));
      return "t=%d,v1=%s".formatted(time, HexFormat.of().formatHex(code));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + ALGORITHM, e);
    }
  }

  /**
   * Sends a body with a signature, once.
   *
   * @param path as {@code /v1/inventory}
   * @return the status
   */
  public int post(String path, String body, String signature)
      throws IOException, InterruptedException {
    HttpResponse<Void> response =
        client.send(
            HttpRequest.newBuilder(gateway.resolve(path))
                .header("Content-Type", "application/json")
                .header("Turnstile-Signature", signature)
                .timeout(TIMEOUT)
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.discarding());
    return response.statusCode();
  }

  /**
   * Sends a batch until it is taken, signed anew at each attempt.
   *
   * @throws IOException if the gateway refuses it, or does not answer for long
   */
  public void deliver(String path, String body) throws IOException, InterruptedException {
    IOException failure = null;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        int status = post(path, body, signature(body));
        if (status == OK) {
          return;
        }
        failure =
            new IOException("the gateway answers %d to a batch for %s".formatted(status, path));
        if (status != UNAVAILABLE) {
          throw failure;
        }
      } catch (ConnectException | HttpTimeoutException e) {
        failure = e;
      }
      TimeUnit.MILLISECONDS.sleep(BACKOFF_MILLIS);
    }
    throw failure;
  }
}
