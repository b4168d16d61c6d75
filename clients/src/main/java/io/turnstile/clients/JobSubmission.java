package io.turnstile.clients;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A job to run.
 *
 * @param jar the job's JAR
 * @param arguments for its main method
 * @param entryClass its main class, if not the one that the manifest names
 * @param parallelism the default parallelism, if not the cluster's
 * @param restoreFrom the savepoint or retained checkpoint to start from; the job does not own it
 *     and leaves it in place
 * @param allowNonRestoredState whether state in it that no operator takes is dropped rather than
 *     refused
 * @param flinkConfig Flink configuration for this job alone
 */
public record JobSubmission(
    Path jar,
    List<String> arguments,
    Optional<String> entryClass,
    OptionalInt parallelism,
    Optional<String> restoreFrom,
    boolean allowNonRestoredState,
    Map<String, String> flinkConfig) {

  /** Copies the collections. */
  public JobSubmission {
    arguments = List.copyOf(arguments);
    flinkConfig = Map.copyOf(flinkConfig);
  }

  /** A job with the cluster's parallelism and configuration, without state. */
  public static JobSubmission of(Path jar, String... arguments) {
    return of(jar, List.of(arguments));
  }

  /** A job with the cluster's parallelism and configuration, without state. */
  public static JobSubmission of(Path jar, List<String> arguments) {
    return new JobSubmission(
        jar, arguments, Optional.empty(), OptionalInt.empty(), Optional.empty(), false, Map.of());
  }

  public JobSubmission withEntryClass(String className) {
    return new JobSubmission(
        jar,
        arguments,
        Optional.of(className),
        parallelism,
        restoreFrom,
        allowNonRestoredState,
        flinkConfig);
  }

  public JobSubmission withParallelism(int newParallelism) {
    return new JobSubmission(
        jar,
        arguments,
        entryClass,
        OptionalInt.of(newParallelism),
        restoreFrom,
        allowNonRestoredState,
        flinkConfig);
  }

  public JobSubmission restoredFrom(String path) {
    return new JobSubmission(
        jar,
        arguments,
        entryClass,
        parallelism,
        Optional.of(path),
        allowNonRestoredState,
        flinkConfig);
  }

  public JobSubmission allowingNonRestoredState() {
    return new JobSubmission(
        jar, arguments, entryClass, parallelism, restoreFrom, true, flinkConfig);
  }

  public JobSubmission withFlinkConfig(Map<String, String> config) {
    return new JobSubmission(
        jar, arguments, entryClass, parallelism, restoreFrom, allowNonRestoredState, config);
  }
}
