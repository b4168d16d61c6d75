package io.turnstile.events;

import io.turnstile.events.RecordFields.LongField;
import io.turnstile.events.RecordFields.TextField;
import java.nio.charset.StandardCharsets;

/**
 * JSON of {@link ReferenceDocument}: the id of what it is about, {@code version}, and any other
 * fields. Thread-safe.
 */
public final class ReferenceDocumentCodec {

  /** Longest record, in bytes of UTF-8 without white space: a verdict repeats it. */
  public static final int MAX_BYTES = 8 << 10;

  /** Codec of what is known of products, {@code schemas/product-reference.schema.json}. */
  public static final ReferenceDocumentCodec OF_PRODUCT = new ReferenceDocumentCodec("product_id");

  /** Codec of what is known of customers, {@code schemas/customer-reference.schema.json}. */
  public static final ReferenceDocumentCodec OF_CUSTOMER =
      new ReferenceDocumentCodec("customer_id");

  private final TextField id;
  private final LongField version;
  private final RecordDecoder decoder;

  private ReferenceDocumentCodec(String idField) {
    RecordFields fields = new RecordFields();
    id = fields.id(idField);
    version = fields.int64("version");
    decoder = fields.decoder(id);
  }

  /** The field that has the id. */
  public String idField() {
    return id.name;
  }

  /**
   * Reads a record's value.
   *
   * @param value as read from Kafka; a null value is a delete and must not come here
   */
  public Decoded<ReferenceDocument> decode(byte[] value) {
    Decoded<RecordFields.Values> decoded = decoder.decode(value);
    if (decoded instanceof Decoded.Invalid<RecordFields.Values> invalid) {
      return new Decoded.Invalid<>(invalid.code(), invalid.message(), invalid.key());
    }
    RecordFields.Values values = ((Decoded.Valid<RecordFields.Values>) decoded).record();
    String key = values.get(id);
    try {
      String json = RepeatedJson.of(Utf8.text(value), MAX_BYTES);
      return new Decoded.Valid<>(new ReferenceDocument(key, values.get(version), json));
    } catch (RepeatedJson.UnfitException e) {
      return new Decoded.Invalid<>(DeadLetterCode.SCHEMA_VIOLATION, e.getMessage(), key);
    }
  }

  /** Writes a record's value. */
  public static byte[] encode(ReferenceDocument document) {
    return document.json().getBytes(StandardCharsets.UTF_8);
  }
}
