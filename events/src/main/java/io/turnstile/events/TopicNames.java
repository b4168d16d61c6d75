package io.turnstile.events;

import java.io.Serializable;
import java.util.List;

/** The topics of one deployment. */
public record TopicNames(
    String transactions,
    String inventory,
    String customers,
    String accepted,
    String rejected,
    String deadLetter)
    implements Serializable {

  /** The default names. */
  public static final TopicNames DEFAULT =
      new TopicNames(
          "transactions",
          "inventory",
          "customers",
          "verdicts.accepted",
          "verdicts.rejected",
          "verdicts.dead-letter");

  /** The default names behind a prefix, for deployments that share a cluster. */
  public static TopicNames withPrefix(String prefix) {
    return new TopicNames(
        prefix + DEFAULT.transactions,
        prefix + DEFAULT.inventory,
        prefix + DEFAULT.customers,
        prefix + DEFAULT.accepted,
        prefix + DEFAULT.rejected,
        prefix + DEFAULT.deadLetter);
  }

  /** The topic in which {@code redrive} notes what it has sent anew; the job does not use it. */
  public String redriven() {
    return transactions + ".redriven";
  }

  /** The topic that says which generation of the job owns which lane; only with generations. */
  public String owners() {
    return accepted + ".owners";
  }

  /** The topics that the job reads. */
  public List<String> inputs() {
    return List.of(transactions, inventory, customers);
  }

  /** The topics that the job writes, in the order of {@link Outcome}. */
  public List<String> verdicts() {
    return List.of(accepted, rejected, deadLetter);
  }

  /** The topic for verdicts of an outcome. */
  public String verdict(Outcome outcome) {
    return switch (outcome) {
      case ACCEPTED -> accepted;
      case REJECTED -> rejected;
      case DEAD_LETTER -> deadLetter;
    };
  }
}
