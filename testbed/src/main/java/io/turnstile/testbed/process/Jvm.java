package io.turnstile.testbed.process;

import io.turnstile.testbed.Distribution;
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

  private final Path logConfig;
  private final Path tmp;

  /**
   * @param directory for temporary files and for what every JVM gets
   */
  Jvm(Path directory) {
    logConfig = directory.resolve("log4j2.properties");
    tmp = directory.resolve("tmp");
    try (InputStream in = Jvm.class.getResourceAsStream("log4j2.properties")) {
      Files.createDirectories(tmp);
      Files.copy(in, logConfig, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
    return "-Xlog:gc:file=" + logs.resolve(name + "-gc.log") + ":uptime,timenanos";
  }

  /** The class path goes by the environment: command lines stay readable. */
  static Map<String, String> environment(String classPath) {
    return Map.of("CLASSPATH", classPath(classPath));
  }

  /** The same for every testbed, for the archive of its classes to fit. */
  private static String classPath(String classPath) {
    return Distribution.parentWatchdog() + File.pathSeparator + classPath;
  }

  /** The classes of all JVMs of that kind with that class path. */
  static ClassDataArchive classData(Distribution distribution, String kind, String classPath) {
    return ClassDataArchive.in(distribution.directory(), kind, classPath(classPath));
  }
}
