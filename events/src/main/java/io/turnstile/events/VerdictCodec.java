package io.turnstile.events;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Map;

/**
 * JSON of the values in the accepted and rejected verdict topics, {@code
 * schemas/accepted.schema.json} and {@code schemas/rejected.schema.json}. Thread-safe.
 */
public final class VerdictCodec {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private VerdictCodec() {}

  /** Writes an accepted verdict's value. */
  public static byte[] encode(Accepted accepted) {
    return JsonWriter.write(
        json -> {
          json.writeStartObject();
          writeBody(json, accepted.transaction());
          json.writeFieldName("product");
          ProductCodec.write(json, accepted.product());
          json.writeFieldName("customer");
          if (accepted.customer() == null) {
            json.writeNull();
          } else {
            CustomerCodec.write(json, accepted.customer());
          }
          json.writeStringField("content_hash", accepted.contentHash().toString());
          json.writeNumberField("received_at", accepted.receivedAt());
          json.writeNumberField("decided_at", accepted.decidedAt());
          write(json, accepted.additions());
          json.writeEndObject();
        });
  }

  /** Fields that only verdicts of a job with such options have. */
  private static void write(JsonGenerator json, Additions additions) throws IOException {
    if (!additions.references().isEmpty()) {
      json.writeObjectFieldStart("references");
      for (Map.Entry<String, String> reference : additions.references().entrySet()) {
        json.writeFieldName(reference.getKey());
        if (reference.getValue() == null) {
          json.writeNull();
        } else {
          json.writeRawValue(reference.getValue());
        }
      }
      json.writeEndObject();
    }
    if (additions.extra() != null) {
      json.writeFieldName("extra");
      json.writeRawValue(additions.extra());
    }
  }

  /** Writes a rejected verdict's value. */
  public static byte[] encode(Rejected rejected) {
    return JsonWriter.write(
        json -> {
          json.writeStartObject();
          json.writeStringField("transaction_id", rejected.transactionId());
          json.writeStringField("customer_id", rejected.customerId());
          json.writeStringField("reason", rejected.reason().name());
          json.writeBooleanField("retryable", rejected.reason().retryable());
          json.writeStringField("detail", rejected.detail());
          json.writeNumberField("received_at", rejected.receivedAt());
          json.writeNumberField("decided_at", rejected.decidedAt());
          if (rejected.acceptance() != null) {
            json.writeFieldName("acceptance");
            write(json, rejected.acceptance());
          }
          json.writeEndObject();
        });
  }

  private static void write(JsonGenerator json, PriorAcceptance acceptance) throws IOException {
    json.writeStartObject();
    json.writeNumberField("source_partition", acceptance.sourcePartition());
    json.writeNumberField("source_offset", acceptance.sourceOffset());
    json.writeNumberField("received_at", acceptance.receivedAt());
    json.writeNumberField("decided_at", acceptance.decidedAt());
    json.writeEndObject();
  }

  /**
   * Reads a rejected verdict's value.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Rejected decodeRejected(byte[] value) {
    JsonNode json = read(value);
    return new Rejected(
        text(json, "transaction_id"),
        text(json, "customer_id"),
        RejectionReason.valueOf(text(json, "reason")),
        text(json, "detail"),
        integer(json, "received_at"),
        integer(json, "decided_at"),
        json.has("acceptance") ? priorAcceptance(json.get("acceptance")) : null);
  }

  private static PriorAcceptance priorAcceptance(JsonNode json) {
    long partition = integer(json, "source_partition");
    if (partition != (int) partition) {
      throw new IllegalArgumentException("not a verdict: no partition has the number " + partition);
    }
    return new PriorAcceptance(
        (int) partition,
        integer(json, "source_offset"),
        integer(json, "received_at"),
        integer(json, "decided_at"));
  }

  /**
   * Reads the parts of an accepted verdict's value that say what was accepted.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Acceptance decodeAcceptance(byte[] value) {
    JsonNode json = read(value);
    return new Acceptance(
        text(json, "transaction_id"),
        text(json, "customer_id"),
        integer(json, "amount"),
        text(json, "currency"),
        ContentHash.parse(text(json, "content_hash")),
        integer(json, "received_at"),
        integer(json, "decided_at"));
  }

  /**
   * The part of an accepted verdict that dedup and audit need.
   *
   * @param amount minor units of {@code currency}
   * @param receivedAt the broker's append time of the input, epoch milliseconds
   * @param decidedAt the job's clock at the decision, epoch milliseconds
   */
  public record Acceptance(
      String transactionId,
      String customerId,
      long amount,
      String currency,
      ContentHash contentHash,
      long receivedAt,
      long decidedAt) {}

  /** Everything of a transaction but its token. */
  static void writeBody(JsonGenerator json, Transaction transaction) throws IOException {
    json.writeStringField("transaction_id", transaction.transactionId());
    json.writeStringField("customer_id", transaction.customerId());
    json.writeStringField("product_id", transaction.productId());
    json.writeNumberField("quantity", transaction.quantity());
    json.writeNumberField("amount", transaction.amount());
    json.writeStringField("currency", transaction.currency());
    json.writeNumberField("occurred_at", transaction.occurredAt());
  }

  private static JsonNode read(byte[] value) {
    try {
      return MAPPER.readTree(value);
    } catch (IOException e) {
      throw new IllegalArgumentException("not a verdict: " + e.getMessage(), e);
    }
  }

  private static String text(JsonNode json, String field) {
    JsonNode node = json.get(field);
    if (node == null || !node.isTextual()) {
      throw new IllegalArgumentException("not a verdict: " + field + " is missing or no text");
    }
    return node.textValue();
  }

  private static long integer(JsonNode json, String field) {
    JsonNode node = json.get(field);
    if (node == null || !node.canConvertToLong() || !node.isIntegralNumber()) {
      throw new IllegalArgumentException("not a verdict: " + field + " is missing or no integer");
    }
    return node.longValue();
  }
}
