package io.turnstile.clients;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A job to run with the cluster's configuration. All state that it restores must find its operator.
 *
 * @param jar the job's JAR; its manifest names the main class
 * @param arguments for its main method
 * @param parallelism the default parallelism, if not the cluster's
 * @param restoreFrom the savepoint or retained checkpoint to start from; the job does not own it
 *     and leaves it in place
 */
public record JobSubmission(
    Path jar, List<String> arguments, OptionalInt parallelism, Optional<String> restoreFrom) {

  /** Copies the arguments. */
  public JobSubmission {
    arguments = List.copyOf(arguments);
  }

  /** A job with the cluster's parallelism, without state. */
  public static JobSubmission of(Path jar, String... arguments) {
    return of(jar, List.of(arguments));
  }

  /** A job with the cluster's parallelism, without state. */
  public static JobSubmission of(Path jar, List<String> arguments) {
    return new JobSubmission(jar, arguments, OptionalInt.empty(), Optional.empty());
  }

  public JobSubmission withParallelism(int tasks) {
    return new JobSubmission(jar, arguments, OptionalInt.of(tasks), restoreFrom);
  }

  public JobSubmission restoredFrom(String path) {
    return new JobSubmission(jar, arguments, parallelism, Optional.of(path));
  }
}
