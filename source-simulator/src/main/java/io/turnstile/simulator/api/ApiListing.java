package io.turnstile.simulator.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Makes pages of records: by {@code page}, {@code offset} or {@code cursor}, with {@code limit}
 * records, and with {@code since} only those of a higher version. Thread-safe.
 */
final class ApiListing {

  private static final JsonFactory JSON = new JsonFactory();
  private static final int OK = 200;
  private static final int BAD_REQUEST = 400;
  private static final int GONE = 410;

  private final String path;
  private final ApiRecords records;
  private final int maxPageSize;
  private final Duration cursorLifetime;
  private final Clock clock;

  ApiListing(
      String path, ApiRecords records, int maxPageSize, Duration cursorLifetime, Clock clock) {
    this.path = path;
    this.records = records;
    this.maxPageSize = maxPageSize;
    this.cursorLifetime = cursorLifetime;
    this.clock = clock;
  }

  /** An answer; the link may be null. */
  // Read only.
  @SuppressWarnings("ArrayRecordComponent")
  record Answer(int status, byte[] body, String link) {}

  /**
   * Answers a request.
   *
   * @param astray how many pages to be off, where a cursor is asked for
   */
  Answer answer(String query, int astray) {
    try {
      Map<String, String> parameters = parameters(query);
      int limit = Math.min(maxPageSize, number(parameters, "limit", maxPageSize));
      int skipped = number(parameters, "offset", 0) + (number(parameters, "page", 1) - 1) * limit;
      int from = 0;
      String cursor = parameters.get("cursor");
      if (cursor != null) {
        String[] parts = cursor.split("\\.", 2);
        if (isExpired(Long.parseLong(parts[1]))) {
          return new Answer(GONE, error("the cursor has expired"), null);
        }
        from = Math.max(0, Integer.parseInt(parts[0]) + astray * limit);
      }
      return page(from, skipped, limit, number(parameters, "since", 0));
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return new Answer(BAD_REQUEST, error("no such page"), null);
    }
  }

  private boolean isExpired(long issued) {
    return cursorLifetime != null && clock.millis() - issued > cursorLifetime.toMillis();
  }

  private Answer page(int from, int skipped, int limit, long since) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    String cursor = null;
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeArrayFieldStart("items");
      int matched = 0;
      int number = from;
      for (; number < records.count() && matched < skipped + limit; number++) {
        if (records.version(number) > since) {
          if (matched >= skipped) {
            records.write(number, json);
          }
          matched++;
        }
      }
      json.writeEndArray();
      cursor = number < records.count() ? number + "." + clock.millis() : null;
      json.writeStringField("next_cursor", cursor);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    String link =
        cursor == null
            ? null
            : "<%s?cursor=%s&limit=%d&since=%d>; rel=\"next\""
                .formatted(path, cursor, limit, since);
    return new Answer(OK, bytes.toByteArray(), link);
  }

  private static byte[] error(String message) {
    return ("{\"error\":\"" + message + "\"}").getBytes(UTF_8);
  }

  private static int number(Map<String, String> parameters, String name, int absent) {
    String text = parameters.get(name);
    int number = text == null ? absent : Integer.parseInt(text);
    if (number < 0) {
      throw new NumberFormatException("negative");
    }
    return number;
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new HashMap<>();
    if (query != null) {
      for (String each : query.split("&", -1)) {
        String[] parts = each.split("=", 2);
        parameters.put(parts[0], parts.length == 1 ? "" : URLDecoder.decode(parts[1], UTF_8));
      }
    }
    return parameters;
  }
}
