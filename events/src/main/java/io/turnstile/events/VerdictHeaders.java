package io.turnstile.events;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/** The headers of a verdict; numbers are decimal UTF-8. Thread-safe. */
public final class VerdictHeaders {

  public static final String SOURCE_TOPIC = "source-topic";
  public static final String SOURCE_PARTITION = "source-partition";
  public static final String SOURCE_OFFSET = "source-offset";
  public static final String OUTCOME = "outcome";

  /** Gapless number of the verdict in its lane; journal mode only. */
  public static final String LANE_SEQ = "lane-seq";

  /** A {@link DeadLetterCode}; dead letters only. */
  public static final String ERROR_CODE = "error-code";

  /** One line for a person; dead letters only. */
  public static final String ERROR_MESSAGE = "error-message";

  /** Any number of so many digits fits into a long. */
  private static final int MAX_DIGITS = 18;

  private static final Pattern NUMBER = Pattern.compile("\\d{1," + MAX_DIGITS + "}");

  private VerdictHeaders() {}

  /** Adds the position of the input and the outcome. */
  public static void write(Headers headers, SourcePosition position, Outcome outcome) {
    add(headers, SOURCE_TOPIC, position.topic());
    add(headers, SOURCE_PARTITION, Integer.toString(position.partition()));
    add(headers, SOURCE_OFFSET, Long.toString(position.offset()));
    add(headers, OUTCOME, outcome.headerValue());
  }

  /** Adds one header. */
  public static void add(Headers headers, String name, String value) {
    headers.add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The position of the input that a verdict is about.
   *
   * @throws IllegalArgumentException if a header is missing or no number
   */
  public static SourcePosition position(Headers headers) {
    return new SourcePosition(
        required(headers, SOURCE_TOPIC),
        Integer.parseInt(required(headers, SOURCE_PARTITION)),
        Long.parseLong(required(headers, SOURCE_OFFSET)));
  }

  /**
   * The {@link #LANE_SEQ} of a record that was perhaps never committed, so that it may be
   * anybody's, and anything; empty if there is none, or no number.
   */
  public static OptionalLong uncommittedLaneSeq(Headers headers) {
    String number = optional(headers, LANE_SEQ);
    return number != null && NUMBER.matcher(number).matches()
        ? OptionalLong.of(Long.parseLong(number))
        : OptionalLong.empty();
  }

  /**
   * A header's number, without making text of it first.
   *
   * @throws IllegalArgumentException if it is missing, or is no decimal number of up to 18 digits
   */
  public static long number(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    if (header == null || header.value() == null || header.value().length == 0) {
      throw new IllegalArgumentException("header " + name + " is missing");
    }
    byte[] digits = header.value();
    if (digits.length > MAX_DIGITS) {
      throw new IllegalArgumentException("header " + name + " is no number");
    }
    long number = 0;
    for (byte digit : digits) {
      if (digit < '0' || digit > '9') {
        throw new IllegalArgumentException("header " + name + " is no number");
      }
      number = number * 10 + (digit - '0');
    }
    return number;
  }

  /**
   * A header's text.
   *
   * @throws IllegalArgumentException if it is missing
   */
  public static String required(Headers headers, String name) {
    String text = optional(headers, name);
    if (text == null) {
      throw new IllegalArgumentException("header " + name + " is missing");
    }
    return text;
  }

  /** A header's text, or null if it is missing. */
  public static String optional(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    return header == null || header.value() == null
        ? null
        : new String(header.value(), StandardCharsets.UTF_8);
  }
}
