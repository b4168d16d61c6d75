package io.turnstile.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/**
 * What an upgrade has to know of the job's arguments, among all others. What the job takes from its
 * environment or a file is known where it runs only.
 */
final class JobOptions {

  /** The option that an upgrade adds. */
  static final String GENERATION = "--generation";

  @Option(names = GENERATION)
  private String generation;

  /** The job itself checks them. */
  @Unmatched
  @SuppressWarnings("UnusedVariable") // picocli puts them there.
  private List<String> others;

  private JobOptions() {}

  /**
   * Reads the arguments of a job, in all forms that the job takes.
   *
   * @throws CommandLine.ParameterException if one of these options is wrong
   */
  static JobOptions of(List<String> arguments) {
    return CommandLine.populateCommand(new JobOptions(), arguments.toArray(String[]::new));
  }

  /** Null if it is not given. */
  String generation() {
    return generation;
  }
}
