package io.turnstile.clients;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A time on the command line: an ISO instant, epoch milliseconds, or a duration before now. */
public final class SinceConverter implements ITypeConverter<Instant> {

  @Override
  public Instant convert(String text) {
    if (text.matches("\\d{1,18}")) {
      return Instant.ofEpochMilli(Long.parseLong(text));
    }
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException notAnInstant) {
      try {
        return Instant.now().minus(new DurationConverter().convert(text));
      } catch (TypeConversionException notADuration) {
        throw new TypeConversionException(
            "'"
                + text
                + "' is neither a time such as 2026-01-31T12:00:00Z nor a duration such as 90m");
      }
    }
  }
}
