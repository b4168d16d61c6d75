package io.turnstile.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Keeps {@code docs/options.md} as the option classes are. To write it anew:
 *
 * <pre>
 * mvn test -pl job -am -Dtest=OptionsDocumentTest -Dsurefire.failIfNoSpecifiedTests=false -Doptions.write=true
 * </pre>
 */
class OptionsDocumentTest {

  private static final Path DOCUMENT =
      Path.of(System.getProperty("turnstile.home"), "docs", "options.md");

  private static final String HEAD =
      """
      # Options of the job

      Each option is an argument (`--dedup-window 2h`) or an environment variable
      (`TURNSTILE_DEDUP_WINDOW=2h`); the argument wins. Durations are a number and `ms`, `s`, `m` or
      `min`, `h` or `d`. The commands of `./turnstile` list theirs with `--help`.

      *This page is generated from the option classes; a test keeps it up to date.*

      | option | environment | default | |
      |---|---|---|---|
      """;

  @Test
  void documentListsEveryOptionAsItIs() throws Exception {
    String expected =
        HEAD
            + JobConfig.options().stream()
                .map(OptionsDocumentTest::row)
                .collect(Collectors.joining());
    if (Boolean.getBoolean("options.write")) {
      Files.writeString(DOCUMENT, expected);
    }
    assertThat(DOCUMENT).content().isEqualTo(expected);
  }

  private static String row(OptionSpec option) {
    return "| `%s` | `%s` | %s | %s |\n"
        .formatted(
            option.longestName(),
            JobConfig.environmentName(option),
            option.required() ? "required" : defaultOf(option),
            String.join(" ", option.description()).replace("|", "\\|"));
  }

  /** As it would be given; nothing where there is none, or the description says it. */
  private static String defaultOf(OptionSpec option) {
    Object value = option.defaultValue() != null ? option.defaultValue() : option.initialValue();
    if (value == null || text(value).isEmpty()) {
      return "";
    }
    return "`" + text(value) + "`";
  }

  private static String text(Object value) {
    if (value instanceof Duration duration) {
      return text(duration);
    }
    if (value instanceof Collection<?> values) {
      return values.stream().map(Object::toString).collect(Collectors.joining(","));
    }
    return value instanceof Enum<?> ? value.toString().toLowerCase(Locale.ROOT) : value.toString();
  }

  private static String text(Duration duration) {
    if (duration.toMillisPart() != 0) {
      return duration.toMillis() + "ms";
    }
    if (duration.toSecondsPart() != 0) {
      return duration.toSeconds() + "s";
    }
    return duration.toMinutesPart() != 0 ? duration.toMinutes() + "min" : duration.toHours() + "h";
  }
}
