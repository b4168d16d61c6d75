package io.turnstile.events;

import com.fasterxml.jackson.core.JsonGenerator;
import io.turnstile.events.RecordFields.LongField;
import io.turnstile.events.RecordFields.TextField;
import java.io.IOException;

/** JSON of {@link Product}, {@code schemas/inventory.schema.json}. Thread-safe. */
public final class ProductCodec {

  private static final RecordFields FIELDS = new RecordFields();
  private static final TextField PRODUCT_ID = FIELDS.id("product_id");
  private static final TextField NAME = FIELDS.text("name");
  private static final TextField CATEGORY = FIELDS.text("category");
  private static final LongField UNIT_PRICE = FIELDS.int64("unit_price");
  private static final TextField CURRENCY = FIELDS.currency("currency");
  private static final LongField STOCK = FIELDS.int64("stock");
  private static final LongField VERSION = FIELDS.int64("version");
  private static final LongField UPDATED_AT = FIELDS.int64("updated_at");

  private static final RecordDecoder DECODER = FIELDS.decoder(PRODUCT_ID);

  private ProductCodec() {}

  /**
   * Reads a record's value.
   *
   * @param value as read from Kafka; a null value is a delete and must not come here
   */
  public static Decoded<Product> decode(byte[] value) {
    return DECODER
        .decode(value)
        .map(
            values ->
                new Product(
                    values.get(PRODUCT_ID),
                    values.get(NAME),
                    values.get(CATEGORY),
                    values.get(UNIT_PRICE),
                    values.get(CURRENCY),
                    values.get(STOCK),
                    values.get(VERSION),
                    values.get(UPDATED_AT)));
  }

  /** Writes a record's value. */
  public static byte[] encode(Product product) {
    return JsonWriter.write(json -> write(json, product));
  }

  static void write(JsonGenerator json, Product product) throws IOException {
    json.writeStartObject();
    json.writeStringField("product_id", product.productId());
    json.writeStringField("name", product.name());
    json.writeStringField("category", product.category());
    json.writeNumberField("unit_price", product.unitPrice());
    json.writeStringField("currency", product.currency());
    json.writeNumberField("stock", product.stock());
    json.writeNumberField("version", product.version());
    json.writeNumberField("updated_at", product.updatedAt());
    json.writeEndObject();
  }
}
