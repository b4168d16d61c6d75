package io.turnstile.testbed;

import io.turnstile.clients.JobSubmission;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The JARs of Kafka or Flink that the build collected.
 *
 * @param directory the build directory of the module that collects them
 * @param classPath what to run the JVM with
 */
public record Distribution(Path directory, String classPath) {
  private static final String HOME = "turnstile.home";

  public static Distribution kafka() {
    return of("kafka-dist");
  }

  public static Distribution flink() {
    return of("flink-dist");
  }

  /** The directory in which PostgreSQL is unpacked. */
  public static Path postgresql() {
    return home().resolve(Path.of("testbed", "target", "postgresql")).toAbsolutePath();
  }

  public Path plugins() {
    return directory.resolve("plugins");
  }

  private static Distribution of(String module) {
    return in(home().resolve(Path.of("testbed", module, "target")));
  }

  /** The root of the project. */
  static Path home() {
    String home = System.getProperty(HOME);
    if (home == null) {
      throw new TestbedException(
          "system property " + HOME + " is not set; set it to the root of the project");
    }
    return Path.of(home);
  }

  /** The JAR with the main class that ends a JVM with its parent. */
  public static Path parentWatchdog() {
    return home().resolve(Path.of("testbed", "target", "parent-watchdog.jar"));
  }

  /** This project's own job, as its build left it, with the cluster's parallelism. */
  public static JobSubmission turnstileJob(List<String> arguments) {
    return JobSubmission.of(
        home().resolve(Path.of("job", "target", "turnstile-job.jar")), arguments);
  }

  /** The job with the XA sink of flink-connector-jdbc, to be measured. */
  public static JobSubmission jdbcXaJob(List<String> arguments) {
    return JobSubmission.of(
        home().resolve(Path.of("benchmarks", "jdbc-xa", "target", "jdbc-xa-job.jar")), arguments);
  }

  /**
   * The JARs that a module's build has collected.
   *
   * @throws TestbedException if it has not
   */
  public static Distribution in(Path directory) {
    Path list = directory.resolve("classpath");
    if (!Files.exists(list)) {
      throw new TestbedException(
          list + " is missing; run `mvn -q package -DskipTests` in the root of the project first");
    }
    try {
      return new Distribution(
          directory,
          Arrays.stream(Files.readString(list).strip().split(":"))
              .map(jar -> directory.resolve(jar).toString())
              .collect(Collectors.joining(File.pathSeparator)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
