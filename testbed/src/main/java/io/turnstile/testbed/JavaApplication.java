package io.turnstile.testbed;

import java.util.List;

/**
 * A program to run beside Kafka and Flink.
 *
 * @param classPath of its JVM
 * @param jvmOptions memory, garbage collector and the like
 */
public record JavaApplication(
    String classPath, List<String> jvmOptions, String mainClass, List<String> arguments) {

  /** Copies the lists. */
  public JavaApplication {
    jvmOptions = List.copyOf(jvmOptions);
    arguments = List.copyOf(arguments);
  }
}
