package io.turnstile.clients;

import io.turnstile.events.TopicNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine.Option;

/** The names of a deployment's topics, as every command takes them. */
public class TopicOptions {

  @Option(
      names = "--topic-prefix",
      paramLabel = "PREFIX",
      defaultValue = "",
      description = "What all topic names begin with; nothing by default.")
  private String topicPrefix;

  @Option(
      names = "--topic-transactions",
      paramLabel = "NAME",
      description = "Default: transactions, behind the prefix.")
  private String topicTransactions;

  @Option(
      names = "--topic-inventory",
      paramLabel = "NAME",
      description = "Default: inventory, behind the prefix.")
  private String topicInventory;

  @Option(
      names = "--topic-customers",
      paramLabel = "NAME",
      description = "Default: customers, behind the prefix.")
  private String topicCustomers;

  @Option(
      names = "--topic-accepted",
      paramLabel = "NAME",
      description = "Default: verdicts.accepted, behind the prefix.")
  private String topicAccepted;

  @Option(
      names = "--topic-rejected",
      paramLabel = "NAME",
      description = "Default: verdicts.rejected, behind the prefix.")
  private String topicRejected;

  @Option(
      names = "--topic-dead-letter",
      paramLabel = "NAME",
      description = "Default: verdicts.dead-letter, behind the prefix.")
  private String topicDeadLetter;

  /** What all topic names begin with, unless they are given themselves. */
  public String topicPrefix() {
    return topicPrefix;
  }

  /** As the job's options of the same names have them. */
  public TopicNames topics() {
    TopicNames defaults = TopicNames.withPrefix(topicPrefix);
    return new TopicNames(
        Objects.requireNonNullElse(topicTransactions, defaults.transactions()),
        Objects.requireNonNullElse(topicInventory, defaults.inventory()),
        Objects.requireNonNullElse(topicCustomers, defaults.customers()),
        Objects.requireNonNullElse(topicAccepted, defaults.accepted()),
        Objects.requireNonNullElse(topicRejected, defaults.rejected()),
        Objects.requireNonNullElse(topicDeadLetter, defaults.deadLetter()));
  }

  /** Returns the arguments that stand for these names; none for the default ones. */
  public static List<String> arguments(TopicNames topics) {
    TopicNames defaults = TopicNames.DEFAULT;
    List<String> arguments = new ArrayList<>();
    add(arguments, "--topic-transactions", topics.transactions(), defaults.transactions());
    add(arguments, "--topic-inventory", topics.inventory(), defaults.inventory());
    add(arguments, "--topic-customers", topics.customers(), defaults.customers());
    add(arguments, "--topic-accepted", topics.accepted(), defaults.accepted());
    add(arguments, "--topic-rejected", topics.rejected(), defaults.rejected());
    add(arguments, "--topic-dead-letter", topics.deadLetter(), defaults.deadLetter());
    return arguments;
  }

  private static void add(List<String> arguments, String option, String name, String usual) {
    if (!name.equals(usual)) {
      arguments.addAll(List.of(option, name));
    }
  }
}
