package io.turnstile.feeds.source.http;

import io.turnstile.feeds.source.SourceException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends requests, each within a time and with an answer of bounded size, and logs each once,
 * without its headers and its query. Redirects are not followed: they would carry secrets to
 * another place. Thread-safe.
 */
final class HttpExchange {

  private static final Logger LOG = LoggerFactory.getLogger(HttpExchange.class);

  private static final Set<Integer> PASSING = Set.of(408, 425, 429);
  private static final int SERVER_ERROR = 500;
  private static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private final String feed;
  private final HttpClient client;
  private final Duration readTimeout;
  private final int maxBytes;

  HttpExchange(String feed, Duration connectTimeout, Duration readTimeout, int maxBytes) {
    this.feed = feed;
    this.readTimeout = readTimeout;
    this.maxBytes = maxBytes;
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(connectTimeout)
            .build();
  }

  /**
   * Sends a request.
   *
   * @throws SourceException if there is no answer
   */
  HttpResponse<byte[]> send(HttpRequest request) throws SourceException, InterruptedException {
    long begun = System.nanoTime();
    // The time-out of a request would end with the head of its answer.
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(request, head -> new BoundedBody(maxBytes));
    try {
      HttpResponse<byte[]> response = answer.get(readTimeout.toMillis(), TimeUnit.MILLISECONDS);
      log(request, begun, response.statusCode() + " bytes=" + response.body().length);
      return response;
    } catch (TimeoutException e) {
      answer.cancel(true);
      log(request, begun, "time-out");
      throw SourceException.passing("no answer in " + readTimeout.toMillis() + " ms", e);
    } catch (InterruptedException e) {
      answer.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      log(request, begun, cause.getClass().getSimpleName());
      if (cause instanceof BoundedBody.TooLongException) {
        throw SourceException.lasting(cause.getMessage() + ", see max_page_bytes", cause);
      }
      String why = cause.getMessage() == null ? "" : ": " + cause.getMessage();
      throw SourceException.passing("no answer: " + cause.getClass().getSimpleName() + why, cause);
    }
  }

  private void log(HttpRequest request, long begun, String outcome) {
    LOG.info(
        "feed={} method={} url={} status={} ms={}",
        feed,
        request.method(),
        withoutQuery(request.uri()),
        outcome,
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
  }

  static String withoutQuery(URI uri) {
    return uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath();
  }

  /** The failure that an answer other than the wanted one is. */
  static SourceException failure(HttpResponse<byte[]> answer) {
    int status = answer.statusCode();
    String message = "HTTP " + status;
    if (PASSING.contains(status) || status >= SERVER_ERROR) {
      return SourceException.busy(message, retryAfter(answer.headers()));
    }
    return SourceException.lasting(message, null);
  }

  /** In seconds or as a date, a day at most; null if there is none. */
  private static Duration retryAfter(HttpHeaders headers) {
    String text = headers.firstValue("Retry-After").orElse("").strip();
    if (text.matches("\\d{1,9}")) {
      return bounded(Duration.ofSeconds(Long.parseLong(text)));
    }
    try {
      Instant then = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(Instant.now(), then);
      return bounded(wait.isNegative() ? Duration.ZERO : wait);
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static Duration bounded(Duration wait) {
    return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
  }
}
