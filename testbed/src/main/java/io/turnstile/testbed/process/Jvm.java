package io.turnstile.testbed.process;

import io.turnstile.testbed.LeakCheck;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The JVMs of the testbed: the same Java as its own, ended with its parent, logging alike. */
final class Jvm {

  /** For JVMs that live for a second. */
  static final List<String> SHORT_LIVED =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m");

  /** System property with options for every JVM of the testbed, with blanks in between. */
  private static final String OPTIONS = "turnstile.testbed.jvm-options";

  private final Path classes;
  private final Path logConfig;
  private final Path tmp;

  /**
   * @param directory for temporary files and for what every JVM gets
   */
  Jvm(Path directory) {
    classes = directory.resolve("classes");
    logConfig = directory.resolve("log4j2.properties");
    tmp = directory.resolve("tmp");
    String launcher = ParentWatchdog.class.getName().replace('.', '/') + ".class";
    try {
      Files.createDirectories(tmp);
      copy("/" + launcher, classes.resolve(launcher));
      copy("log4j2.properties", logConfig);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void copy(String resource, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    try (InputStream in = Jvm.class.getResourceAsStream(resource)) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  List<String> command(List<String> options, String mainClass, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // First, so that it is found on a command line that is cut off.
    command.add(LeakCheck.MARKER + ProcessHandle.current().pid());
    command.add("-Djava.io.tmpdir=" + tmp);
    command.add("-Dlog4j2.configurationFile=" + logConfig);
    command.addAll(options);
    Stream.of(System.getProperty(OPTIONS, "").split(" "))
        .filter(option -> !option.isEmpty())
        .forEach(command::add);
    command.add(ParentWatchdog.class.getName());
    command.add(mainClass);
    command.addAll(arguments);
    return command;
  }

  /** The option for a log of garbage collections beside the process's own log. */
  static String gcLog(Path logs, String name) {
    return "-Xlog:gc:file=" + logs.resolve(name + "-gc.log") + ":uptime";
  }

  /** The class path goes by the environment: command lines stay readable. */
  Map<String, String> environment(String classPath) {
    return Map.of("CLASSPATH", classes + File.pathSeparator + classPath);
  }
}
