package io.turnstile.gateway.http;

import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.util.HashMap;
import java.util.Map;

/**
 * A method and path that something answers. Immutable.
 *
 * @param method of the request
 * @param template its path; a segment in braces stands for any one, {@code /v1/verdicts/{offset}}
 * @param maxBodyBytes a longer body is refused; 0 if there must be none
 * @param bounded whether it counts among the requests in flight, and ends when the gateway stops
 * @param handler answers
 */
public record Route(
    HttpMethod method, String template, int maxBodyBytes, boolean bounded, Handler handler) {

  /** Answers a request, on the event loop that it came to; must not block. */
  @FunctionalInterface
  public interface Handler {

    /**
     * The answer. An exception of any kind becomes one, be it thrown or in the future: a {@link
     * ProblemException} its own, every other a 500 that tells nothing.
     */
    Future<Reply> handle(Request request);
  }

  /** The parameters in a path; null if it is not of this route. */
  Map<String, String> match(String path) {
    String[] wanted = template.split("/", -1);
    String[] given = path.split("/", -1);
    if (wanted.length != given.length) {
      return null;
    }
    Map<String, String> parameters = new HashMap<>();
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i].startsWith("{")) {
        parameters.put(wanted[i].substring(1, wanted[i].length() - 1), given[i]);
      } else if (!wanted[i].equals(given[i])) {
        return null;
      }
    }
    return parameters;
  }
}
