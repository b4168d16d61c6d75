package io.turnstile.bench.result;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Scanner;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * Environment in which a run took place.
 *
 * @param memoryGb main memory, in GiB
 * @param java major version
 * @param testbed {@code processes}, {@code containers} or {@code live}
 * @param revision the commit that was measured
 * @param loadBefore the machine's load average (one minute) before the run: other work disturbs it
 */
public record Environment(
    int cores,
    double memoryGb,
    String java,
    String flink,
    String kafka,
    String testbed,
    String cpu,
    String os,
    String revision,
    Double loadBefore) {

  /** Returns the environment of a run that is about to begin; {@code flink} is null for none. */
  public static Environment ofThisMachine(String flink, String testbed) {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    double load = system.getSystemLoadAverage();
    return new Environment(
        Runtime.getRuntime().availableProcessors(),
        Math.round(system.getTotalMemorySize() * 10.0 / (1L << 30)) / 10.0,
        Integer.toString(Runtime.version().feature()),
        flink,
        AppInfoParser.getVersion(),
        testbed,
        processor(),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        checkedOut(),
        load < 0 ? null : Math.round(load * 100) / 100.0);
  }

  private static String processor() {
    String model = null;
    try (Scanner info = new Scanner(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8)) {
      model = info.findWithinHorizon("(?<=model name\t: ).+", 0);
    } catch (IOException e) {
      // Other systems have no such file.
    }
    return model == null ? System.getProperty("os.arch") : model;
  }

  /** The commit that is checked out, with a mark if files differ from it; null if unknown. */
  private static String checkedOut() {
    String home = System.getProperty("turnstile.home", ".");
    try {
      Process git =
          new ProcessBuilder("git", "-C", home, "describe", "--always", "--dirty", "--abbrev=12")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String text = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return text.isEmpty() ? null : text;
    } catch (IOException e) {
      return null;
    }
  }
}
