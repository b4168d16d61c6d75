package io.turnstile.events;

import io.turnstile.events.RecordFields.IntField;
import io.turnstile.events.RecordFields.LongField;
import io.turnstile.events.RecordFields.TextField;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** JSON of {@link Transaction}, {@code schemas/transaction.schema.json}. Thread-safe. */
public final class TransactionCodec {

  /** Longest value that is read; a longer one is {@link DeadLetterCode#TOO_LARGE}. */
  public static final int MAX_VALUE_BYTES = 1 << 20;

  private static final RecordFields FIELDS = new RecordFields();
  private static final TextField TRANSACTION_ID = FIELDS.id("transaction_id");
  private static final TextField CUSTOMER_ID = FIELDS.id("customer_id");
  private static final TextField PRODUCT_ID = FIELDS.id("product_id");
  private static final IntField QUANTITY = FIELDS.int32("quantity");
  private static final LongField AMOUNT = FIELDS.int64("amount");
  private static final TextField CURRENCY = FIELDS.currency("currency");
  private static final LongField OCCURRED_AT = FIELDS.int64("occurred_at");
  private static final TextField TOKEN = FIELDS.secret("token");

  private static final RecordDecoder DECODER = FIELDS.decoder(CUSTOMER_ID);

  private TransactionCodec() {}

  /** Returns whether the contract has a field of this name. */
  static boolean knows(String field) {
    return DECODER.knows(field);
  }

  /**
   * Reads a record's value.
   *
   * @param value as read from Kafka, may be null
   */
  public static Decoded<Transaction> decode(byte[] value) {
    return decode(value, Map.of());
  }

  /**
   * Reads a transaction whose token comes beside it, and perhaps its id, as over HTTP.
   *
   * @param value JSON of the other fields, may be null; a token in it does not count
   * @param transactionId of a value that has none; a value that has one keeps its own. Null if the
   *     value must have it
   * @param token not null
   */
  public static Decoded<Transaction> decode(byte[] value, String transactionId, String token) {
    return decode(
            value,
            transactionId == null
                ? Map.of(TOKEN, token)
                : Map.of(TOKEN, token, TRANSACTION_ID, transactionId))
        .map(transaction -> transaction.withToken(token));
  }

  private static Decoded<Transaction> decode(byte[] value, Map<TextField, String> beside) {
    if (value != null && value.length > MAX_VALUE_BYTES) {
      return new Decoded.Invalid<>(
          DeadLetterCode.TOO_LARGE, value.length + " bytes, the limit is " + MAX_VALUE_BYTES, null);
    }
    return DECODER
        .decode(value, beside)
        .map(
            values ->
                new Transaction(
                    values.get(TRANSACTION_ID),
                    values.get(CUSTOMER_ID),
                    values.get(PRODUCT_ID),
                    values.get(QUANTITY),
                    values.get(AMOUNT),
                    values.get(CURRENCY),
                    values.get(OCCURRED_AT),
                    values.get(TOKEN)));
  }

  /**
   * Writes a record's value with further fields.
   *
   * @param extra JSON object of fields that the contract does not know, as {@link CarriedFields#of}
   *     has read it; null for none
   */
  public static byte[] encode(Transaction transaction, String extra) {
    byte[] plain = encode(transaction);
    if (extra == null || extra.equals("{}")) {
      return plain;
    }
    String open = new String(plain, 0, plain.length - 1, StandardCharsets.UTF_8);
    return (open + "," + extra.substring(1)).getBytes(StandardCharsets.UTF_8);
  }

  /** Writes a record's value. */
  public static byte[] encode(Transaction transaction) {
    return JsonWriter.write(
        json -> {
          json.writeStartObject();
          VerdictCodec.writeBody(json, transaction);
          json.writeStringField("token", transaction.token());
          json.writeEndObject();
        });
  }
}
