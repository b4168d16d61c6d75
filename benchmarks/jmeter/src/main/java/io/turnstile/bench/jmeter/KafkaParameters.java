package io.turnstile.bench.jmeter;

import io.turnstile.clients.KafkaOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Parameters of a sampler that set the options of {@link KafkaOptions}: {@code --topic-accepted} is
 * {@code topic_accepted}. An empty one counts as not given.
 */
final class KafkaParameters {

  /**
   * A parameter.
   *
   * @param name in snake case
   * @param option with its dashes
   */
  record Parameter(String name, String option, String description) {}

  private KafkaParameters() {}

  /** All of them, in the order of the options. */
  static List<Parameter> all() {
    return CommandSpec.forAnnotatedObject(new KafkaOptions()).options().stream()
        .map(
            option ->
                new Parameter(
                    option.longestName().substring(2).replace('-', '_'),
                    option.longestName(),
                    String.join(" ", option.description())))
        .toList();
  }

  /**
   * The options as a command would have them.
   *
   * @param value gives a parameter's value by its name, empty if there is none
   * @throws IllegalArgumentException if a required one is missing
   */
  static KafkaOptions read(UnaryOperator<String> value) {
    List<String> arguments = new ArrayList<>();
    for (Parameter parameter : all()) {
      String given = value.apply(parameter.name());
      if (!given.isEmpty()) {
        arguments.add(parameter.option() + "=" + given);
      }
    }
    KafkaOptions options = new KafkaOptions();
    try {
      new CommandLine(options).parseArgs(arguments.toArray(String[]::new));
    } catch (ParameterException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    return options;
  }
}
