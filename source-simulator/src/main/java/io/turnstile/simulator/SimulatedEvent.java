package io.turnstile.simulator;

import io.turnstile.events.Customer;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.events.ReferenceDocumentCodec;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import java.time.Duration;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;

/** One thing to send, in the order in which an {@link EventSource} gives them. Immutable. */
public sealed interface SimulatedEvent {

  /** The time at which an event goes out, relative to the others around it. */
  enum Timing {
    /** Acknowledged before the next transaction is sent. */
    FIRST,
    /** Sent in its place, its acknowledgement not waited for. */
    IN_PLACE,
    /** Sent at an intended time of its own, as every transaction is. */
    PACED,
    /** Sent {@link Simulation#LATE_BY} after its place. */
    LATE
  }

  Timing timing();

  /**
   * A transaction.
   *
   * @param transaction its content; the token is empty until it is sent
   * @param tokenKind the token to send it with
   * @param shape the way in which it is written
   * @param group inputs that compete for the same acceptance share a group; numbered from 0
   * @param acceptances the number of inputs of the group that must be accepted, 0 or 1
   * @param expected the outcome if all inputs are decided in the order of sending; in the terms of
   *     {@link LedgerEntry#allowed()}
   * @param allowed every outcome that is right, {@code expected} among them
   */
  record Submission(
      Kind kind,
      Transaction transaction,
      TokenKind tokenKind,
      Shape shape,
      long group,
      int acceptances,
      String expected,
      Set<String> allowed)
      implements SimulatedEvent {

    /** Returns one that is accepted; nothing else competes with it. */
    public static Submission accepted(Kind kind, Transaction transaction, long group) {
      return new Submission(
          kind,
          transaction,
          TokenKind.VALID,
          Shape.PLAIN,
          group,
          1,
          LedgerEntry.ACCEPTED,
          Set.of(LedgerEntry.ACCEPTED));
    }

    /** Sent first in its group; rejected if a later one is decided before it. */
    static Submission first(
        Kind kind, Transaction transaction, long group, RejectionReason otherwise) {
      return new Submission(
          kind,
          transaction,
          TokenKind.VALID,
          Shape.PLAIN,
          group,
          1,
          LedgerEntry.ACCEPTED,
          Set.of(LedgerEntry.ACCEPTED, otherwise.name()));
    }

    /** Sent later in its group; accepted if it is decided before the others. */
    static Submission repeat(
        Kind kind, Transaction transaction, Shape shape, long group, RejectionReason rejection) {
      return new Submission(
          kind,
          transaction,
          TokenKind.VALID,
          shape,
          group,
          1,
          rejection.name(),
          Set.of(LedgerEntry.ACCEPTED, rejection.name()));
    }

    static Submission rejected(
        Kind kind,
        Transaction transaction,
        TokenKind tokenKind,
        long group,
        RejectionReason rejection) {
      return new Submission(
          kind,
          transaction,
          tokenKind,
          Shape.PLAIN,
          group,
          0,
          rejection.name(),
          Set.of(rejection.name()));
    }

    static Submission deadLettered(Kind kind, Transaction transaction, Shape shape, long group) {
      String code = shape.deadLetter().orElseThrow().name();
      return new Submission(
          kind, transaction, TokenKind.VALID, shape, group, 0, code, Set.of(code));
    }

    /** The record to send, with a token of its kind. */
    public ProducerRecord<String, byte[]> toRecord(String topic, TokenIssuer tokens) {
      String customerId = transaction.customerId();
      return new ProducerRecord<>(
          topic,
          customerId,
          shape.encode(transaction.withToken(tokens.token(tokenKind, customerId))));
    }

    @Override
    public Timing timing() {
      return Timing.PACED;
    }
  }

  /** A record of a reference topic. */
  sealed interface ReferenceUpdate extends SimulatedEvent {

    Kind kind();

    /** The record to send. */
    ProducerRecord<String, byte[]> toRecord(TopicNames topics);
  }

  /**
   * A record of the inventory topic.
   *
   * @param product null deletes
   */
  record ProductUpdate(Kind kind, String productId, Product product, Timing timing)
      implements ReferenceUpdate {

    @Override
    public ProducerRecord<String, byte[]> toRecord(TopicNames topics) {
      return new ProducerRecord<>(
          topics.inventory(), productId, product == null ? null : ProductCodec.encode(product));
    }
  }

  /** A record of the customers topic. */
  record CustomerUpdate(Kind kind, Customer customer, Timing timing) implements ReferenceUpdate {

    @Override
    public ProducerRecord<String, byte[]> toRecord(TopicNames topics) {
      return new ProducerRecord<>(
          topics.customers(), customer.customerId(), CustomerCodec.encode(customer));
    }
  }

  /** A record of the topic of a named reference. */
  record DocumentUpdate(Kind kind, String topic, ReferenceDocument document, Timing timing)
      implements ReferenceUpdate {

    @Override
    public ProducerRecord<String, byte[]> toRecord(TopicNames topics) {
      return new ProducerRecord<>(topic, document.id(), ReferenceDocumentCodec.encode(document));
    }
  }

  /** All before it is acknowledged, and then nothing happens for a while. */
  record Pause(Duration length) implements SimulatedEvent {

    @Override
    public Timing timing() {
      return Timing.IN_PLACE;
    }
  }
}
