package io.turnstile.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the pauses from a log that {@code -Xlog:gc:file=…:uptime} wrote. */
final class GcLog {

  private static final Pattern PAUSE =
      Pattern.compile("^\\[(\\d+[.,]\\d+)s\\].*\\bPause\\b.* (\\d+[.,]\\d+)ms$");

  private GcLog() {}

  /**
   * A pause of the whole JVM.
   *
   * @param atSeconds its end, since the JVM's start
   */
  record Pause(double atSeconds, double millis) {}

  /** Pauses in the order of time; nothing if there is no such file. */
  static Optional<List<Pause>> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    return Optional.of(
        Files.readAllLines(file).stream()
            .map(PAUSE::matcher)
            .filter(Matcher::matches)
            .map(line -> new Pause(number(line.group(1)), number(line.group(2))))
            .toList());
  }

  private static double number(String text) {
    return Double.parseDouble(text.replace(',', '.'));
  }
}
