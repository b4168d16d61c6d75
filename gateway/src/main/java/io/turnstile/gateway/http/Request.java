package io.turnstile.gateway.http;

import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A request that has come completely.
 *
 * @param parameters the parts of the path that its route names
 * @param headers as they came
 * @param body not to be changed; empty if there is none
 */
// Read only.
@SuppressWarnings("ArrayRecordComponent")
public record Request(Map<String, String> parameters, MultiMap headers, byte[] body) {

  /**
   * The value of a header; null if there is none.
   *
   * @throws ProblemException 400 if there are several: which one another reader of the request goes
   *     by is not known
   */
  public String header(String name) {
    List<String> values = headers.getAll(name);
    if (values.size() > 1) {
      throw Problem.malformedRequest("The header " + name + " is there more than once.")
          .toException();
    }
    return values.isEmpty() ? null : values.get(0);
  }

  /**
   * Requires a body in JSON. Browsers send it to another site only if that allows it, which nothing
   * here does.
   *
   * @throws ProblemException 415
   */
  public void requireJson() {
    String type = header("Content-Type");
    String mediaType = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (!mediaType.equals("application/json")) {
      throw Problem.of(
              415,
              "UNSUPPORTED_MEDIA_TYPE",
              "The body must be JSON.",
              "The Content-Type must be application/json.")
          .toException();
    }
    if (header("Content-Encoding") != null) {
      throw Problem.of(
              415,
              "UNSUPPORTED_MEDIA_TYPE",
              "The body must be JSON.",
              "The body must not be compressed (Content-Encoding).")
          .toException();
    }
  }
}
