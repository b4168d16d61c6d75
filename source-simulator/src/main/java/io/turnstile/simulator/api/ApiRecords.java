package io.turnstile.simulator.api;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The records of one kind, numbered from 0. A change gives a record the next version of all; one
 * version in ten deletes its record, which stays in the list with a flag. Thread-safe.
 */
public final class ApiRecords {

  private static final int CENT_DIGITS = 2;
  private static final int DELETING = 10;
  private static final int PRICES = 20_000;

  private final boolean products;
  private final AtomicLongArray versions;
  private final AtomicLong lastVersion = new AtomicLong(1);

  ApiRecords(boolean products, int count) {
    this.products = products;
    long[] first = new long[count];
    java.util.Arrays.fill(first, 1);
    versions = new AtomicLongArray(first);
  }

  /** How many there are, deleted ones included. */
  public int count() {
    return versions.length();
  }

  /** The id of a record. */
  public String id(int number) {
    return (products ? "product-" : "customer-") + number;
  }

  /** The version of a record, 1 before any change. */
  public long version(int number) {
    return versions.get(number);
  }

  /** Returns whether a version deletes its record. */
  public static boolean deletes(long version) {
    return version % DELETING == 0;
  }

  /** The price of a product in minor units. */
  public static long price(int number, long version) {
    return 100L + Math.floorMod(number * 7_919L + version * 31, PRICES);
  }

  /** Changes a record. */
  public void change(int number) {
    versions.set(number, lastVersion.incrementAndGet());
  }

  void write(int number, JsonGenerator json) throws IOException {
    long version = version(number);
    json.writeStartObject();
    json.writeStringField("id", id(number));
    json.writeNumberField("version", version);
    json.writeStringField("updated_at", Instant.ofEpochSecond(version).toString());
    json.writeBooleanField("deleted", deletes(version));
    if (products) {
      json.writeStringField("title", "Product " + number);
      json.writeObjectFieldStart("category");
      json.writeStringField("name", "books");
      json.writeEndObject();
      json.writeObjectFieldStart("price");
      json.writeNumberField("amount", BigDecimal.valueOf(price(number, version), CENT_DIGITS));
      json.writeStringField("currency", "EUR");
      json.writeEndObject();
      json.writeNumberField("in_stock", version % PRICES);
    } else {
      json.writeStringField("name", "Customer " + number);
      json.writeStringField("segment", "consumer");
      json.writeStringField("country", "gb");
    }
    json.writeEndObject();
  }
}
