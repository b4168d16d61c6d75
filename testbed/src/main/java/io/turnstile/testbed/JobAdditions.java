package io.turnstile.testbed;

import io.turnstile.clients.CarriedFieldOptions;
import io.turnstile.clients.ReferenceOptions;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.TopicOptions;
import io.turnstile.events.CarriedFields;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * What a job adds to accepted verdicts.
 *
 * @param references with their topics
 */
public record JobAdditions(List<ReferenceSpec> references, CarriedFields carried) {

  /** Nothing. */
  public static final JobAdditions NONE = new JobAdditions(List.of(), CarriedFields.NONE);

  /** Copies the list. */
  public JobAdditions {
    references = List.copyOf(references);
  }

  /** What a job's arguments say; nothing for arguments that the job will refuse. */
  public static JobAdditions of(List<String> jobArguments) {
    Options given = new Options();
    try {
      new CommandLine(given)
          .setUnmatchedArgumentsAllowed(true)
          .parseArgs(jobArguments.toArray(String[]::new));
      return new JobAdditions(
          given.references.references(given.topics), given.carried.carriedFields());
    } catch (IllegalArgumentException | CommandLine.ParameterException e) {
      return NONE;
    }
  }

  /** The options that tell it to another command, as the audit. */
  public List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    for (ReferenceSpec each : references) {
      arguments.addAll(
          List.of(
              "--reference",
              "%s:keyed-by=%s,topic=%s%s"
                  .formatted(
                      each.name(),
                      each.keyedBy(),
                      each.topic(),
                      each.required() ? ",required=true" : "")));
    }
    if (!carried.names().isEmpty()) {
      arguments.addAll(List.of("--carry-fields", String.join(",", carried.names())));
    }
    return arguments;
  }

  /** The names of the references' topics. */
  public List<String> topics() {
    return references.stream().map(ReferenceSpec::topic).toList();
  }

  @Command
  private static final class Options {
    @Mixin private ReferenceOptions references;
    @Mixin private CarriedFieldOptions carried;
    @Mixin private TopicOptions topics;
  }
}
