package io.turnstile.events;

import io.turnstile.events.RecordDecoder.Field;
import io.turnstile.events.RecordDecoder.FieldType;

/** JSON of {@link Transaction}, {@code schemas/transaction.schema.json}. Thread-safe. */
public final class TransactionCodec {

  /** Longest value that is read; a longer one is {@link DeadLetterCode#TOO_LARGE}. */
  public static final int MAX_VALUE_BYTES = 1 << 20;

  private static final RecordDecoder DECODER =
      new RecordDecoder(
          "customer_id",
          new Field("transaction_id", FieldType.ID),
          new Field("customer_id", FieldType.ID),
          new Field("product_id", FieldType.ID),
          new Field("quantity", FieldType.INT32),
          new Field("amount", FieldType.INT64),
          new Field("currency", FieldType.CURRENCY),
          new Field("occurred_at", FieldType.INT64),
          new Field("token", FieldType.SECRET));

  private TransactionCodec() {}

  /**
   * Reads a record's value.
   *
   * @param value as read from Kafka, may be null
   */
  public static Decoded<Transaction> decode(byte[] value) {
    if (value != null && value.length > MAX_VALUE_BYTES) {
      return new Decoded.Invalid<>(
          DeadLetterCode.TOO_LARGE, value.length + " bytes, the limit is " + MAX_VALUE_BYTES, null);
    }
    return DECODER
        .decode(value)
        .map(
            f ->
                new Transaction(
                    (String) f[0],
                    (String) f[1],
                    (String) f[2],
                    (int) f[3],
                    (long) f[4],
                    (String) f[5],
                    (long) f[6],
                    (String) f[7]));
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
