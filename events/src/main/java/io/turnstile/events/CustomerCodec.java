package io.turnstile.events;

import com.fasterxml.jackson.core.JsonGenerator;
import io.turnstile.events.RecordFields.LongField;
import io.turnstile.events.RecordFields.TextField;
import java.io.IOException;

/** JSON of {@link Customer}, {@code schemas/customer.schema.json}. Thread-safe. */
public final class CustomerCodec {

  private static final RecordFields FIELDS = new RecordFields();
  private static final TextField CUSTOMER_ID = FIELDS.id("customer_id");
  private static final TextField NAME = FIELDS.text("name");
  private static final TextField SEGMENT = FIELDS.text("segment");
  private static final TextField COUNTRY = FIELDS.text("country");
  private static final LongField VERSION = FIELDS.int64("version");
  private static final LongField UPDATED_AT = FIELDS.int64("updated_at");

  private static final RecordDecoder DECODER = FIELDS.decoder(CUSTOMER_ID);

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
            values ->
                new Customer(
                    values.get(CUSTOMER_ID),
                    values.get(NAME),
                    values.get(SEGMENT),
                    values.get(COUNTRY),
                    values.get(VERSION),
                    values.get(UPDATED_AT)));
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
