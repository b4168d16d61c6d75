package io.turnstile.simulator;

import java.math.BigDecimal;
import java.util.regex.Pattern;

/**
 * Finds the decimal separator of a file's numbers, point or comma; the other one groups digits by
 * three. Not thread-safe.
 */
final class ReplayNumbers {

  private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9.,]*");
  private static final Pattern GROUPED = Pattern.compile("[+-]?[0-9]{1,3}(,[0-9]{3})+(\\.[0-9]*)?");

  /** Three digits after it: a fraction, or a group. */
  private static final Pattern UNDECIDED = Pattern.compile("[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}");

  /** No quantity or price has so many digits, and 1e999999999 written out fits into no memory. */
  private static final int MAX_SCALE = 100;

  private record Seen(long line, String column, String text) {
    @Override
    public String toString() {
      return "line %d: %s %s".formatted(line, column, ReplayText.quoted(text));
    }
  }

  private Character decimal;
  private Seen decisive;
  private Seen undecidedComma;
  private Seen undecidedPoint;

  /**
   * @param decimal the separator, or null to find it
   */
  ReplayNumbers(Character decimal) {
    this.decimal = decimal;
  }

  /**
   * Takes a number into account; all of a file have to be shown before one is read.
   *
   * @throws IllegalArgumentException if it contradicts one before
   */
  void see(String column, String text, long line) {
    boolean given = decimal != null && decisive == null;
    int comma = text.lastIndexOf(',');
    int point = text.lastIndexOf('.');
    if (given || (comma < 0 && point < 0) || !NUMBER.matcher(text).matches()) {
      return;
    }
    Seen seen = new Seen(line, column, text);
    if (UNDECIDED.matcher(text).matches()) {
      if (comma >= 0 && undecidedComma == null) {
        undecidedComma = seen;
      } else if (point >= 0 && undecidedPoint == null) {
        undecidedPoint = seen;
      }
      return;
    }
    char last = comma > point ? ',' : '.';
    // One that comes twice groups.
    char found = text.indexOf(last) == text.lastIndexOf(last) ? last : other(last);
    if (decimal == null) {
      decimal = found;
      decisive = seen;
    } else if (decimal != found) {
      throw new IllegalArgumentException(
          "%s %s has the decimal separator '%s', but %s has '%s' (line %d)"
              .formatted(
                  column,
                  ReplayText.quoted(text),
                  found,
                  ReplayText.quoted(decisive.text()),
                  decimal,
                  decisive.line()));
    }
  }

  /**
   * Asks, if numbers can be read with either separator.
   *
   * @param columns the separator of the columns: numbers between commas have points
   * @throws IllegalArgumentException if so; the message names the first such number and the option
   */
  void requireCertain(char columns) {
    if (decimal != null) {
      return;
    }
    Seen undecided = undecidedComma;
    if (undecided == null && columns != ',') {
      undecided = undecidedPoint;
    }
    if (undecided != null) {
      throw new IllegalArgumentException(
          "%s may have a fraction or thousands, and no number of the file decides it; give"
                  .formatted(undecided)
              + " --decimal-separator , or --decimal-separator .");
    }
    decimal = '.';
  }

  /**
   * Reads a number.
   *
   * @throws IllegalArgumentException if it is none
   */
  BigDecimal read(String column, String text) {
    String plain =
        decimal == '.' ? text : text.replace('.', '\0').replace(',', '.').replace('\0', ',');
    try {
      BigDecimal number =
          new BigDecimal(GROUPED.matcher(plain).matches() ? plain.replace(",", "") : plain);
      if (Math.abs((long) number.scale()) > MAX_SCALE) {
        throw new NumberFormatException("too many digits");
      }
      return number;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          column + " " + ReplayText.quoted(text) + " is not a number", e);
    }
  }

  private static char other(char separator) {
    return separator == ',' ? '.' : ',';
  }
}
