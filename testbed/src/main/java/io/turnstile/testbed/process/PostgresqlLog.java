package io.turnstile.testbed.process;

import io.turnstile.testbed.DatabaseServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a PostgreSQL says of slow statements in its log. */
record PostgresqlLog(Path file) {

  /** Has the server say it: each line begins with the time, and has no values of inputs. */
  static final Map<String, String> CONFIG =
      Map.of(
          "log_min_duration_statement",
          Long.toString(DatabaseServer.SLOW.toMillis()),
          "log_line_prefix",
          "%n:",
          "log_parameter_max_length",
          "0",
          "lc_messages",
          "C");

  private static final Pattern SLOW =
      Pattern.compile("^(\\d+)\\.(\\d{3}):LOG:  duration: (\\d+)\\.\\d+ ms .*");

  /** Of statements that ended since then. */
  List<Duration> slowStatements(Instant since) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .map(SLOW::matcher)
          .filter(Matcher::matches)
          .filter(line -> !endOf(line).isBefore(since))
          .map(line -> Duration.ofMillis(Long.parseLong(line.group(3))))
          .toList();
    }
  }

  private static Instant endOf(Matcher line) {
    return Instant.ofEpochSecond(Long.parseLong(line.group(1)))
        .plusMillis(Long.parseLong(line.group(2)));
  }
}
