package io.turnstile.gateway.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A problem document (RFC 9457): why a request was not done. Immutable.
 *
 * <p>Its {@code type} is {@link #TYPE_PREFIX} and a name that never changes its meaning: programs
 * should go by it, and by {@code reason} and {@code retryable} where a verdict has them.
 */
public final class Problem {

  /** Begins every {@code type}. */
  public static final String TYPE_PREFIX = "urn:turnstile:problem:";

  private static final String CONTENT_TYPE = "application/problem+json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final int status;
  private final Map<String, Object> members;
  private final Map<String, String> headers;

  private Problem(int status, Map<String, Object> members, Map<String, String> headers) {
    this.status = status;
    this.members = members;
    this.headers = headers;
  }

  /**
   * A problem.
   *
   * @param name capital letters and underscores; {@code NOT_FOUND} becomes {@code not-found} in the
   *     type
   * @param title the same for every problem of this name
   * @param detail one line about this one; never a part of a token, nor of a body but field names
   */
  public static Problem of(int status, String name, String title, String detail) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("type", TYPE_PREFIX + name.toLowerCase(Locale.ROOT).replace('_', '-'));
    members.put("title", title);
    members.put("status", status);
    members.put("detail", detail);
    return new Problem(status, members, Map.of());
  }

  /** The same with one more member. */
  public Problem with(String member, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(members);
    more.put(member, value);
    return new Problem(status, more, headers);
  }

  /** The same with a header. */
  public Problem withHeader(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Problem(status, members, more);
  }

  /** The answer that says so. */
  public Reply toReply() {
    byte[] body;
    try {
      body = JSON.writeValueAsBytes(members);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a problem of texts and numbers", e);
    }
    Reply reply = Reply.of(status, CONTENT_TYPE, body);
    for (Map.Entry<String, String> header : headers.entrySet()) {
      reply = reply.with(header.getKey(), header.getValue());
    }
    return reply;
  }

  /** The answer that says so, and when to try again. */
  public Reply toReply(Duration retryAfter) {
    return toReply().retryAfter(retryAfter);
  }

  /** The exception that ends a request with this problem. */
  public ProblemException toException() {
    return new ProblemException(toReply());
  }

  /** The request itself is wrong, whatever it is about. */
  public static Problem malformedRequest(String detail) {
    return of(400, "MALFORMED_REQUEST", "The request is malformed.", detail);
  }
}
