package io.turnstile.simulator;

import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.events.ReferenceDocument;

/**
 * The made-up customers and products: a number always means the same one, so that separate runs
 * agree about them.
 */
final class Catalog {

  private static final String[] CATEGORIES = {"books", "garden", "kitchen", "music", "toys"};
  private static final String[] CURRENCIES = {"EUR", "GBP", "USD"};
  private static final String[] SEGMENTS = {"consumer", "business", "public"};
  private static final String[] COUNTRIES = {"DE", "FR", "GB", "NL", "US"};

  private static final int SCORES = 1_000;

  private Catalog() {}

  static String productId(int number) {
    return "product-" + number;
  }

  static String customerId(int number) {
    return "customer-" + number;
  }

  static String currency(int product) {
    return CURRENCIES[product % CURRENCIES.length];
  }

  /** Minor units, from 1.00 to 200.99. */
  static long unitPrice(int product) {
    return 100 + Math.floorMod(product * 7_919L, 20_000L);
  }

  static Product product(int number, long version, long updatedAt) {
    return product(productId(number), number, unitPrice(number), version, updatedAt);
  }

  static Product product(String id, int number, long unitPrice, long version, long updatedAt) {
    return new Product(
        id,
        "Product " + number,
        CATEGORIES[number % CATEGORIES.length],
        unitPrice,
        currency(number),
        1_000,
        version,
        updatedAt);
  }

  /** What a named reference knows of a product or customer: a score. */
  static ReferenceDocument document(ReferenceSpec reference, int number, long version, int change) {
    String id = reference.keyedBy() == KeyedBy.PRODUCT ? productId(number) : customerId(number);
    return new ReferenceDocument(
        id,
        version,
        "{\"%s\":\"%s\",\"version\":%d,\"score\":%d}"
            .formatted(reference.keyedBy().idField(), id, version, (number + change) % SCORES));
  }

  static Customer customer(int number, long version, long updatedAt) {
    return new Customer(
        customerId(number),
        "Customer " + number,
        SEGMENTS[number % SEGMENTS.length],
        COUNTRIES[number % COUNTRIES.length],
        version,
        updatedAt);
  }
}
