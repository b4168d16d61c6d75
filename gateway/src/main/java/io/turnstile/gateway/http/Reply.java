package io.turnstile.gateway.http;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** An answer, complete before anything of it is written. Immutable. */
public final class Reply {

  private static final String JSON = "application/json";

  private final int status;
  private final Map<String, String> headers;
  private final byte[] body;

  private Reply(int status, Map<String, String> headers, byte[] body) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  /**
   * An answer.
   *
   * @param body not to be changed after this
   */
  public static Reply of(int status, String contentType, byte[] body) {
    return new Reply(status, Map.of("Content-Type", contentType), body);
  }

  /** An answer in JSON. */
  public static Reply json(int status, byte[] body) {
    return of(status, JSON, body);
  }

  /** The same with one more header. */
  public Reply with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Reply(status, more, body);
  }

  /** The same with {@code Retry-After}: whole seconds, at least one. */
  public Reply retryAfter(Duration wait) {
    long seconds = Math.max(1, wait.plusSeconds(1).minusNanos(1).toSeconds());
    return with("Retry-After", Long.toString(seconds));
  }

  public int status() {
    return status;
  }

  public Map<String, String> headers() {
    return Map.copyOf(headers);
  }

  /** Not to be changed. */
  byte[] body() {
    return body;
  }
}
