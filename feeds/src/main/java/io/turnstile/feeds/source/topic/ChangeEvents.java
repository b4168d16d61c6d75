package io.turnstile.feeds.source.topic;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.turnstile.feeds.config.SourceTopic.Envelope;
import io.turnstile.feeds.source.SourceRecord;
import java.io.IOException;

/**
 * Reads the records of a topic. Those of Debezium become rows, which have beside their columns
 * {@code __op}, {@code __ts_ms} and {@code __lsn} of the change, as Debezium's own unwrapping names
 * them. Thread-safe.
 */
final class ChangeEvents {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private final Envelope envelope;

  ChangeEvents(Envelope envelope) {
    this.envelope = envelope;
  }

  /** Returns whether a value says nothing, as the one that follows each delete, for compaction. */
  boolean isSilent(byte[] value) {
    return envelope == Envelope.DEBEZIUM && value == null;
  }

  /**
   * Reads a record. What is no JSON becomes a record without fields.
   *
   * @return null if the record says nothing
   */
  SourceRecord read(byte[] key, byte[] value) {
    JsonNode json = json(value);
    if (envelope == Envelope.NONE) {
      boolean deletes = value == null || value.length == 0 || json.isNull();
      return deletes ? SourceRecord.deleted(text(key)) : SourceRecord.of(json);
    }
    return isSilent(value) ? null : change(json.has("payload") ? json.get("payload") : json);
  }

  private static SourceRecord change(JsonNode event) {
    String operation = event.path("op").asText();
    boolean deletes = operation.equals("d");
    JsonNode row = event.path(deletes ? "before" : "after");
    if (!(row instanceof ObjectNode fields)) {
      return SourceRecord.of(MissingNode.getInstance());
    }
    fields.put("__op", operation);
    fields.set("__ts_ms", event.path("source").path("ts_ms"));
    fields.set("__lsn", event.path("source").path("lsn"));
    return new SourceRecord(fields, deletes, null);
  }

  private static JsonNode json(byte[] value) {
    if (value == null) {
      return MissingNode.getInstance();
    }
    try {
      return JSON.readTree(value);
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  /** A key that is a JSON string is its text. */
  private static String text(byte[] key) {
    JsonNode json = json(key);
    if (json.isTextual()) {
      return json.textValue();
    }
    return key == null ? "" : new String(key, UTF_8);
  }
}
