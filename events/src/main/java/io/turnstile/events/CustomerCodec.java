package io.turnstile.events;

import com.fasterxml.jackson.core.JsonGenerator;
import io.turnstile.events.RecordDecoder.Field;
import io.turnstile.events.RecordDecoder.FieldType;
import java.io.IOException;

/** JSON of {@link Customer}, {@code schemas/customer.schema.json}. Thread-safe. */
public final class CustomerCodec {

  private static final RecordDecoder DECODER =
      new RecordDecoder(
          "customer_id",
          new Field("customer_id", FieldType.ID),
          new Field("name", FieldType.TEXT),
          new Field("segment", FieldType.TEXT),
          new Field("country", FieldType.TEXT),
          new Field("version", FieldType.INT64),
          new Field("updated_at", FieldType.INT64));

  private CustomerCodec() {}

  /**
   * Reads a record's value.
   *
   * @param value as read from Kafka; a null value is a delete and must not come here
   */
  public static Decoded<Customer> decode(byte[] value) {
    return DECODER
        .decode(value)
        .map(
            f ->
                new Customer(
                    (String) f[0],
                    (String) f[1],
                    (String) f[2],
                    (String) f[3],
                    (long) f[4],
                    (long) f[5]));
  }

  /** Writes a record's value. */
  public static byte[] encode(Customer customer) {
    return JsonWriter.write(json -> write(json, customer));
  }

  static void write(JsonGenerator json, Customer customer) throws IOException {
    json.writeStartObject();
    json.writeStringField("customer_id", customer.customerId());
    json.writeStringField("name", customer.name());
    json.writeStringField("segment", customer.segment());
    json.writeStringField("country", customer.country());
    json.writeNumberField("version", customer.version());
    json.writeNumberField("updated_at", customer.updatedAt());
    json.writeEndObject();
  }
}
