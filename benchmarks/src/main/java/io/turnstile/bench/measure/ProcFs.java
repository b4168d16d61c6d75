package io.turnstile.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads what Linux says of a process under {@code /proc}. On other systems, and for processes that
 * have ended, there is nothing to read.
 */
final class ProcFs {

  /** Of {@code /proc}: the unit of CPU time is 1/100 s on every platform that Java 17 runs on. */
  private static final double TICKS_PER_SECOND = 100;

  /** Fields of {@code stat} after the command's name, which may itself hold spaces. */
  private static final int USER_TIME = 11;

  private static final int SYSTEM_TIME = 12;
  private static final int START_TIME = 19;

  private ProcFs() {}

  /**
   * A process at an instant.
   *
   * @param cpuSeconds since its start
   * @param writtenBytes had written to storage since its start; page cache not yet written counts
   */
  record Usage(double cpuSeconds, long rssBytes, long writtenBytes) {}

  static Optional<Usage> usage(long pid) {
    Path process = Path.of("/proc", Long.toString(pid));
    try {
      String[] stat = stat(process);
      double ticks = Double.parseDouble(stat[USER_TIME]) + Double.parseDouble(stat[SYSTEM_TIME]);
      return Optional.of(
          new Usage(
              ticks / TICKS_PER_SECOND,
              field(process.resolve("status"), "VmRSS:") * 1024,
              field(process.resolve("io"), "write_bytes:")));
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  /** Seconds since the process was started. */
  static Optional<Double> age(long pid) {
    try {
      double started =
          Double.parseDouble(stat(Path.of("/proc", Long.toString(pid)))[START_TIME])
              / TICKS_PER_SECOND;
      String upTime = Files.readString(Path.of("/proc/uptime"));
      return Optional.of(Double.parseDouble(upTime.substring(0, upTime.indexOf(' '))) - started);
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private static String[] stat(Path process) throws IOException {
    String stat = Files.readString(process.resolve("stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
  }

  private static long field(Path file, String name) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip().split(" ", -1)[0])
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElse(0);
  }
}
