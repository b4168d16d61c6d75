package io.turnstile.micro;

import io.turnstile.events.Accepted;
import io.turnstile.events.ContentHash;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.RoutingKey;
import io.turnstile.job.validate.DecisionInput;

/** Records of the size and form that the source simulator makes, by number. */
public final class SampleRecords {

  /** Time when the first input was received, epoch milliseconds. */
  public static final long START = 1_767_225_600_000L;

  private static final int CUSTOMERS = 10_000;
  private static final int PRODUCTS = 1_000;

  private SampleRecords() {}

  public static String customerId(long number) {
    return "customer-" + number % CUSTOMERS;
  }

  public static String transactionId(long number) {
    return "m3x8k2-42-" + number;
  }

  public static Transaction transaction(long number, String token) {
    return new Transaction(
        transactionId(number),
        customerId(number),
        "product-" + number % PRODUCTS,
        (int) (number % 10) + 1,
        1_999 + number % 50_000,
        "EUR",
        START + number,
        token);
  }

  public static Product product(long number) {
    return new Product(
        "product-" + number, "Product " + number, "household", 1_999, "EUR", 250, 7, START);
  }

  public static Customer customer(long number) {
    return new Customer("customer-" + number, "Customer " + number, "retail", "DE", 3, START);
  }

  public static Accepted accepted(long number) {
    Transaction transaction = transaction(number, "");
    return new Accepted(
        transaction,
        product(number % PRODUCTS),
        customer(number % CUSTOMERS),
        ContentHash.of(transaction),
        START + number,
        START + number + 9);
  }

  public static DecisionInput enriched(long number) {
    SourcePosition position = new SourcePosition("transactions", (int) (number % 4), number);
    return new DecisionInput.Enriched(
        new InputMetadata(position, START + number, RoutingKey.of(customerId(number), position)),
        transaction(number, ""),
        product(number % PRODUCTS));
  }
}
