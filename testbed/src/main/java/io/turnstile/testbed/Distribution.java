package io.turnstile.testbed;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The JARs of Kafka or Flink that the build collected.
 *
 * @param directory the build directory of the module that collects them
 * @param classPath what to run the JVM with
 */
record Distribution(Path directory, String classPath) {
  private static final String HOME = "turnstile.home";

  static Distribution kafka() {
    return of("kafka-dist");
  }

  static Distribution flink() {
    return of("flink-dist");
  }

  Path plugins() {
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

  static Distribution in(Path directory) {
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
