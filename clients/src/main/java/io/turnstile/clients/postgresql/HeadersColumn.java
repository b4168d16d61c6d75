package io.turnstile.clients.postgresql;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.apache.kafka.common.header.Headers;

/** The column {@code input_headers} of the verdict table. */
public final class HeadersColumn {

  private static final ObjectMapper JSON = new ObjectMapper();

  private HeadersColumn() {}

  /**
   * Adds the headers that a dead letter has of its input.
   *
   * @param json names, each followed by its value in base64 or null; null for none
   * @throws IOException if it is no JSON
   */
  public static void addTo(Headers headers, byte[] json) throws IOException {
    if (json == null) {
      return;
    }
    JsonNode namesAndValues = JSON.readTree(json);
    for (int i = 0; i + 1 < namesAndValues.size(); i += 2) {
      headers.add(namesAndValues.get(i).asText(), namesAndValues.get(i + 1).binaryValue());
    }
  }
}
