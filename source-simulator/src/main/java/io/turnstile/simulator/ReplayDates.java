package io.turnstile.simulator;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Finds the one order of day, month and year in which all dates of a file can be read. A year comes
 * first in four digits or last; a year of two digits is of this century. Times are UTC; a date
 * without a time is its midnight. Not thread-safe.
 */
final class ReplayDates {

  private static final List<String> ORDERS =
      List.of("yyyy/M/d", "M/d/yyyy", "d/M/yyyy", "M/d/yy", "d/M/yy");

  private record Order(String pattern, DateTimeFormatter format) {}

  private record Doubt(long line, String text) {}

  private final boolean given;
  private List<Order> possible;
  private Doubt doubt;

  /**
   * @param pattern the one order, or null to find it
   * @throws IllegalArgumentException if it is not a pattern
   */
  ReplayDates(String pattern) {
    given = pattern != null;
    possible = (given ? List.of(pattern) : ORDERS).stream().map(ReplayDates::order).toList();
  }

  /**
   * Takes a date into account; all of a file have to be shown before one is read.
   *
   * @throws IllegalArgumentException if it cannot be read in any order that the ones before allow
   */
  void see(String text, long line) {
    List<Order> fitting = new ArrayList<>(possible.size());
    LocalDateTime first = null;
    boolean differ = false;
    for (Order order : possible) {
      LocalDateTime time = time(order, text);
      if (time != null) {
        fitting.add(order);
        differ |= first != null && !first.equals(time);
        first = time;
      }
    }
    if (fitting.isEmpty()) {
      throw new IllegalArgumentException(complaint(text));
    }
    if (differ && doubt == null) {
      doubt = new Doubt(line, text);
    }
    possible = fitting;
  }

  /**
   * Asks, if the dates can be read in two orders that do not come to the same.
   *
   * @param column the name of the dates' column
   * @throws IllegalArgumentException if so; the message names the first such date and the option
   */
  void requireCertain(String column) {
    if (possible.size() > 1 && doubt != null) {
      String dates =
          possible.stream()
              .map(order -> time(order, doubt.text()).toLocalDate().toString())
              .collect(Collectors.joining(" or "));
      String options =
          possible.stream()
              .map(order -> "--date-format " + order.pattern().replace('/', separator()))
              .collect(Collectors.joining(" or "));
      throw new IllegalArgumentException(
          "line %d: %s %s is %s, and no date of the file decides it; give %s"
              .formatted(doubt.line(), column, ReplayText.quoted(doubt.text()), dates, options));
    }
  }

  /**
   * Reads a date.
   *
   * @return epoch milliseconds
   * @throws IllegalArgumentException if it is not a date in the order found
   */
  long read(String text) {
    LocalDateTime time = time(possible.get(0), text);
    if (time == null) {
      throw new IllegalArgumentException(complaint(text));
    }
    return time.toInstant(ZoneOffset.UTC).toEpochMilli();
  }

  private String complaint(String text) {
    if (!given && possible.size() == ORDERS.size()) {
      return ReplayText.quoted(text)
          + " is not a time like 2010-12-01 08:26:00; give --date-format";
    }
    return "%s is not a time in %s%s"
        .formatted(
            ReplayText.quoted(text),
            possible.stream().map(Order::pattern).collect(Collectors.joining(" or ")),
            given ? ", as --date-format says" : ", as those before it are");
  }

  private char separator() {
    return doubt
        .text()
        .chars()
        .filter(c -> "/-.".indexOf(c) >= 0)
        .mapToObj(c -> (char) c)
        .findFirst()
        .orElse('/');
  }

  /** The time, or null if the text is none in this order. */
  private LocalDateTime time(Order order, String text) {
    try {
      TemporalAccessor time =
          order
              .format()
              .parseBest(given ? text : withSlashes(text), LocalDateTime::from, LocalDate::from);
      return time instanceof LocalDate date ? date.atStartOfDay() : (LocalDateTime) time;
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  private static String withSlashes(String text) {
    int space = text.indexOf(' ') < 0 ? text.indexOf('T') : text.indexOf(' ');
    int end = space < 0 ? text.length() : space;
    return text.substring(0, end).replace('-', '/').replace('.', '/') + text.substring(end);
  }

  private static Order order(String pattern) {
    try {
      DateTimeFormatterBuilder builder =
          new DateTimeFormatterBuilder()
              .parseCaseInsensitive()
              .appendPattern(withProlepticYear(pattern));
      if (!pattern.matches(".*[HhKk].*")) {
        builder
            .appendPattern("['T'][ ][h:mm[:ss] a]")
            .optionalStart()
            .appendPattern("H:mm")
            .optionalStart()
            .appendPattern(":ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .optionalEnd()
            .appendPattern("['Z']")
            .optionalEnd();
      }
      // Strict: 31 February is no date, not the 28th.
      return new Order(
          pattern, builder.toFormatter(Locale.ENGLISH).withResolverStyle(ResolverStyle.STRICT));
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IllegalArgumentException(
          "--date-format '%s' is not a pattern like d/M/yyyy: %s"
              .formatted(pattern, e.getMessage()),
          e);
    }
  }

  /** A {@code y} is a year of an era, which strict reading refuses without its era. */
  private static String withProlepticYear(String pattern) {
    String[] parts = pattern.split("'", -1);
    for (int i = 0; i < parts.length; i += 2) {
      parts[i] = parts[i].replace('y', 'u');
    }
    return String.join("'", parts);
  }
}
