package io.turnstile.events;

import java.util.Objects;

/**
 * One record of the transactions topic.
 *
 * @param transactionId the client's id, unique per customer, 1 to 256 bytes of UTF-8
 * @param customerId the paying customer, 1 to 256 bytes of UTF-8; the record's Kafka key
 * @param productId the product bought, 1 to 256 bytes of UTF-8
 * @param quantity pieces; zero and negative (a return) are valid
 * @param amount total in minor units of {@code currency}; zero and negative are valid
 * @param currency ISO 4217 code, three capital letters
 * @param occurredAt the producer's time, epoch milliseconds; informational, nothing is judged by it
 * @param token the JWT that proves {@code customerId}; never leaves the job
 */
public record Transaction(
    String transactionId,
    String customerId,
    String productId,
    int quantity,
    long amount,
    String currency,
    long occurredAt,
    String token) {

  public Transaction {
    Objects.requireNonNull(transactionId, "transactionId");
    Objects.requireNonNull(customerId, "customerId");
    Objects.requireNonNull(productId, "productId");
    Objects.requireNonNull(currency, "currency");
    Objects.requireNonNull(token, "token");
  }

  /** The same with an empty token: what may leave the token check. */
  public Transaction withoutToken() {
    return withToken("");
  }

  /** The same with another token. */
  public Transaction withToken(String other) {
    return new Transaction(
        transactionId, customerId, productId, quantity, amount, currency, occurredAt, other);
  }

  /** Never prints the token. */
  @Override
  public String toString() {
    return "Transaction["
        + transactionId
        + ", customer "
        + customerId
        + ", product "
        + productId
        + ", "
        + quantity
        + " for "
        + amount
        + " "
        + currency
        + ", at "
        + occurredAt
        + "]";
  }
}
