package io.turnstile.bench.run;

import com.sun.management.OperatingSystemMXBean;
import io.turnstile.bench.result.Environment;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.AppInfoParser;

/** The machine that this JVM runs on. */
final class EnvironmentProbe {

  private static final double GIB = 1L << 30;

  private EnvironmentProbe() {}

  /**
   * The environment of a run that is about to begin.
   *
   * @param flink version; null for none
   * @param testbed {@code processes}, {@code containers} or {@code live}
   */
  static Environment environment(String flink, String testbed) {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    double load = system.getSystemLoadAverage();
    return new Environment(
        Runtime.getRuntime().availableProcessors(),
        Math.round(system.getTotalMemorySize() / GIB * 10) / 10.0,
        Integer.toString(Runtime.version().feature()),
        flink,
        AppInfoParser.getVersion(),
        testbed,
        cpu(),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        revision(),
        load < 0 ? null : Math.round(load * 100) / 100.0);
  }

  private static String cpu() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  /** The commit that is checked out, with a mark if files differ from it; null if unknown. */
  private static String revision() {
    String home = System.getProperty("turnstile.home");
    if (home == null) {
      return null;
    }
    try {
      Process git =
          new ProcessBuilder("git", "-C", home, "describe", "--always", "--dirty", "--abbrev=12")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String text = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return git.waitFor(10, TimeUnit.SECONDS) && git.exitValue() == 0 ? text : null;
    } catch (IOException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }
}
