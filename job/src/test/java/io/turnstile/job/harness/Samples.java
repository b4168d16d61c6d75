package io.turnstile.job.harness;

import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.job.enrich.ReferenceSettings;
import io.turnstile.job.enrich.WaitSettings;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.read.RoutingKey;
import io.turnstile.job.validate.AuthenticatedTransaction;
import io.turnstile.job.validate.DecisionInput;

/** Valid records of every kind, different only in what a test is about. */
public final class Samples {

  public static final String TOPIC = "transactions";

  private Samples() {}

  public static Transaction transaction(String customer, String id, String product, long amount) {
    return new Transaction(id, customer, product, 1, amount, "EUR", 1_000, "");
  }

  public static InputMetadata metadata(
      String customer, int partition, long offset, long receivedAt) {
    SourcePosition position = new SourcePosition(TOPIC, partition, offset);
    return new InputMetadata(position, receivedAt, RoutingKey.of(customer, position));
  }

  public static AuthenticatedTransaction authenticated(String product, long offset) {
    return new AuthenticatedTransaction(
        metadata("customer", 0, offset, 1_000),
        transaction("customer", "id-" + offset, product, 100));
  }

  public static DecisionInput.Enriched enriched(
      Transaction transaction, int partition, long offset, long receivedAt) {
    return new DecisionInput.Enriched(
        metadata(transaction.customerId(), partition, offset, receivedAt),
        transaction,
        product(transaction.productId(), 1));
  }

  public static Product product(String id, long version) {
    return new Product(id, "name", "category", 100, "EUR", 5, version, 1_000);
  }

  public static Customer customer(String id, long version) {
    return new Customer(id, "name", "segment", "DE", version, 1_000);
  }

  /** Appended at its offset, in milliseconds. */
  public static Reference<Product> productAt(int partition, long offset, String id, long version) {
    return new Reference<>(id, product(id, version), version, partition, offset, offset);
  }

  public static Reference<Customer> customerAt(
      int partition, long offset, String id, long version) {
    return new Reference<>(id, customer(id, version), version, partition, offset, offset);
  }

  /** A record of a named reference; its version is the last of its fields. */
  public static Reference<ReferenceDocument> documentAt(
      int partition, long offset, String id, long version) {
    String json = "{\"id\":\"%s\",\"version\":%d}".formatted(id, version);
    return new Reference<>(
        id, new ReferenceDocument(id, version, json), version, partition, offset, offset);
  }

  /** A named reference as an operator joins it. */
  public static ReferenceSettings reference(
      String name,
      KeyedBy key,
      boolean required,
      WaitSettings waits,
      ReferenceTopic<ReferenceDocument> topic) {
    return new ReferenceSettings(
        new ReferenceSpec(name, key, "references." + name, null, required), waits, topic);
  }

  public static <T> Reference<T> deleteAt(int partition, long offset, String id) {
    return new Reference<>(id, null, Reference.NO_VERSION, partition, offset, offset);
  }
}
