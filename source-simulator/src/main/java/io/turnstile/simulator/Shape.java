package io.turnstile.simulator;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A way to write a transaction to bytes: the right one, or one of those that go wrong. */
public enum Shape {
  /** As the contract says. */
  PLAIN(null),
  /** As the contract says, fields in another order. */
  REORDERED(null),
  EMPTY(DeadLetterCode.MALFORMED_JSON),
  NULL(DeadLetterCode.MALFORMED_JSON),
  TRUNCATED(DeadLetterCode.MALFORMED_JSON),
  TRAILING_TEXT(DeadLetterCode.MALFORMED_JSON),
  DUPLICATE_KEY(DeadLetterCode.MALFORMED_JSON),
  ARRAY(DeadLetterCode.SCHEMA_VIOLATION),
  WRONG_TYPE(DeadLetterCode.SCHEMA_VIOLATION),
  MISSING_FIELD(DeadLetterCode.SCHEMA_VIOLATION),
  TOO_LARGE(DeadLetterCode.TOO_LARGE);

  /** The shapes that end as malformed JSON or as a violation of the schema. */
  static final List<Shape> MALFORMED =
      List.of(
          EMPTY, NULL, TRUNCATED, TRAILING_TEXT, DUPLICATE_KEY, ARRAY, WRONG_TYPE, MISSING_FIELD);

  private static final JsonFactory JSON = new JsonFactory();

  private final DeadLetterCode deadLetter;

  Shape(DeadLetterCode deadLetter) {
    this.deadLetter = deadLetter;
  }

  /** Reason why a record of this shape is dead-lettered; empty if it is not. */
  public Optional<DeadLetterCode> deadLetter() {
    return Optional.ofNullable(deadLetter);
  }

  /** The record's value; null for {@link #NULL}. */
  public byte[] encode(Transaction transaction) {
    return switch (this) {
      case PLAIN -> TransactionCodec.encode(transaction);
      case REORDERED, WRONG_TYPE, MISSING_FIELD -> reordered(transaction);
      case EMPTY -> new byte[0];
      case NULL -> null;
      case TRUNCATED -> {
        byte[] plain = TransactionCodec.encode(transaction);
        yield Arrays.copyOf(plain, plain.length / 2);
      }
      case TRAILING_TEXT -> join("", TransactionCodec.encode(transaction), 0, " trailing");
      case DUPLICATE_KEY -> join("{\"amount\":1,", TransactionCodec.encode(transaction), 1, "");
      case ARRAY -> join("[", TransactionCodec.encode(transaction), 0, "]");
      case TOO_LARGE ->
          join(
              "{\"padding\":\"" + "x".repeat(TransactionCodec.MAX_VALUE_BYTES) + "\",",
              TransactionCodec.encode(transaction),
              1,
              "");
    };
  }

  private byte[] reordered(Transaction transaction) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("token", transaction.token());
      json.writeNumberField("occurred_at", transaction.occurredAt());
      json.writeStringField("currency", transaction.currency());
      json.writeNumberField("amount", transaction.amount());
      if (this == WRONG_TYPE) {
        json.writeStringField("quantity", Integer.toString(transaction.quantity()));
      } else if (this != MISSING_FIELD) {
        json.writeNumberField("quantity", transaction.quantity());
      }
      json.writeStringField("product_id", transaction.productId());
      json.writeStringField("customer_id", transaction.customerId());
      json.writeStringField("transaction_id", transaction.transactionId());
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toByteArray();
  }

  private static byte[] join(String before, byte[] middle, int from, String after) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(before.getBytes(StandardCharsets.UTF_8));
    bytes.write(middle, from, middle.length - from);
    bytes.writeBytes(after.getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }
}
