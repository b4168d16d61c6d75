package io.turnstile.bench.jmeter;

import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.TokenClaimOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * What the sampler is told: the options of a command, each a parameter. {@code --topic-accepted} is
 * {@code topic_accepted}; an empty parameter counts as not given.
 */
final class SamplerOptions {

  @Option(names = "--scenario", required = true, description = "What is sent, and how long.")
  Path scenario;

  @Mixin KafkaOptions kafka;

  @Option(names = "--signing-key", required = true, description = "Private JWK of the tokens.")
  Path signingKey;

  @Mixin TokenClaimOptions tokenClaims;

  @Option(names = "--ledger", defaultValue = "ledger.csv", description = "New file: the ledger.")
  Path ledger;

  @Option(
      names = "--rate",
      description = "Per second, all threads together; empty: the scenario's, 0: no limit.")
  Double rate;

  static List<OptionSpec> all() {
    return CommandSpec.forAnnotatedObject(new SamplerOptions()).options();
  }

  static String parameter(OptionSpec option) {
    return option.longestName().substring(2).replace('-', '_');
  }

  /**
   * The options as a command would have them.
   *
   * @param value gives a parameter's value by its name, empty if there is none
   * @throws IllegalArgumentException if a required one is missing, or a value is wrong
   */
  static SamplerOptions read(UnaryOperator<String> value) {
    SamplerOptions options = new SamplerOptions();
    String[] arguments =
        all().stream()
            .filter(option -> !value.apply(parameter(option)).isEmpty())
            .map(option -> option.longestName() + "=" + value.apply(parameter(option)))
            .toArray(String[]::new);
    try {
      new CommandLine(options).parseArgs(arguments);
    } catch (ParameterException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    return options;
  }
}
