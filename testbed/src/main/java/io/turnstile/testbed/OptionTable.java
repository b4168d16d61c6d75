package io.turnstile.testbed;

import io.turnstile.clients.OptionSources;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.OptionSpec;

/** The table of options in a document, made of the option classes. For tests. */
public final class OptionTable {

  private static final String DEFAULT_IN_TEXT = " (default: ${DEFAULT-VALUE})";

  private OptionTable() {}

  /** One row in Markdown for each option, with name, environment variable, default and text. */
  public static String rows(Collection<OptionSpec> options) {
    return options.stream().map(OptionTable::row).collect(Collectors.joining());
  }

  private static String row(OptionSpec option) {
    return "| `%s` | `%s` | %s | %s |\n"
        .formatted(
            option.longestName(),
            OptionSources.environmentName(option),
            option.required() ? "required" : defaultOf(option),
            String.join(" ", option.description())
                .replace(DEFAULT_IN_TEXT, "")
                .replace("|", "\\|"));
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
