package io.turnstile.events;

import com.fasterxml.jackson.core.JsonGenerator;
import io.turnstile.events.RecordDecoder.Field;
import io.turnstile.events.RecordDecoder.FieldType;
import java.io.IOException;

/** JSON of {@link Product}, {@code schemas/inventory.schema.json}. Thread-safe. */
public final class ProductCodec {

  private static final RecordDecoder DECODER =
      new RecordDecoder(
          "product_id",
          new Field("product_id", FieldType.ID),
          new Field("name", FieldType.TEXT),
          new Field("category", FieldType.TEXT),
          new Field("unit_price", FieldType.INT64),
          new Field("currency", FieldType.CURRENCY),
          new Field("stock", FieldType.INT64),
          new Field("version", FieldType.INT64),
          new Field("updated_at", FieldType.INT64));

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
            f ->
                new Product(
                    (String) f[0],
                    (String) f[1],
                    (String) f[2],
                    (long) f[3],
                    (String) f[4],
                    (long) f[5],
                    (long) f[6],
                    (long) f[7]));
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
