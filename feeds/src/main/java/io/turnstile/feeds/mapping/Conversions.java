package io.turnstile.feeds.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Currency;
import java.util.Locale;
import java.util.Set;

/** The named conversions of values. Thread-safe. */
final class Conversions {

  private static final int MAX_NUMBER_CHARS = 64;
  private static final int MAX_DIGITS = 19;
  private static final int MILLIS_DIGITS = 3;

  private static final Set<String> TRUE = Set.of("true", "yes", "y", "1");
  private static final Set<String> FALSE = Set.of("false", "no", "n", "0");

  private Conversions() {}

  static String text(JsonNode value) throws ConversionException {
    if (value.isTextual()) {
      return value.textValue();
    }
    if (value.isNumber()) {
      return number(value).toPlainString();
    }
    if (value.isBoolean()) {
      return value.asText();
    }
    throw failed("is an object or an array");
  }

  static String upperCase(JsonNode value) throws ConversionException {
    return text(value).toUpperCase(Locale.ROOT);
  }

  static long integer(JsonNode value) throws ConversionException {
    return exact(number(value), "is no integer of 64 bits");
  }

  static long minorUnits(JsonNode value, String currency) throws ConversionException {
    int digits;
    try {
      digits = Currency.getInstance(currency).getDefaultFractionDigits();
    } catch (IllegalArgumentException e) {
      throw failed("has a currency that ISO 4217 does not have");
    }
    if (digits < 0) {
      throw failed("has a currency without minor units");
    }
    return exact(
        number(value).movePointRight(digits),
        "has more decimals than its currency, or is out of bounds");
  }

  static long isoTime(JsonNode value) throws ConversionException {
    try {
      return OffsetDateTime.parse(text(value).strip()).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      throw failed("is no time of ISO 8601 with its offset, as 2026-01-31T12:00:00Z");
    }
  }

  static long epochSeconds(JsonNode value) throws ConversionException {
    BigDecimal millis = number(value).movePointRight(MILLIS_DIGITS);
    return exact(millis.setScale(0, RoundingMode.FLOOR), "is out of bounds");
  }

  static boolean truth(JsonNode value) throws ConversionException {
    String text = text(value).strip().toLowerCase(Locale.ROOT);
    if (TRUE.contains(text)) {
      return true;
    }
    if (FALSE.contains(text)) {
      return false;
    }
    throw failed("is neither true nor false");
  }

  /** Bounded, so that no operation on it takes memory without bounds. */
  private static BigDecimal number(JsonNode value) throws ConversionException {
    BigDecimal number;
    if (value.isNumber()) {
      number = value.decimalValue();
    } else {
      String text = value.isTextual() ? value.textValue().strip() : "";
      if (text.isEmpty() || text.length() > MAX_NUMBER_CHARS) {
        throw failed("is no number");
      }
      try {
        number = new BigDecimal(text);
      } catch (NumberFormatException e) {
        throw failed("is no number");
      }
    }
    long digits = (long) number.precision() - number.scale();
    if (digits > MAX_DIGITS || number.scale() > MAX_NUMBER_CHARS) {
      throw failed("is a number out of bounds");
    }
    return number;
  }

  private static long exact(BigDecimal number, String otherwise) throws ConversionException {
    try {
      return number.longValueExact();
    } catch (ArithmeticException e) {
      throw failed(otherwise);
    }
  }

  private static ConversionException failed(String message) {
    return new ConversionException(Mapped.Reason.CONVERSION, message);
  }
}
