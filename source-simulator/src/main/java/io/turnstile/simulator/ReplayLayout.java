package io.turnstile.simulator;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * The layout of one file of the UCI data sets Online Retail and Online Retail II, found by reading
 * the whole file: encoding, separator, columns in any order with others between them, decimal
 * separator, order of day and month. Only what is certain is taken; what is not has to be given.
 * Not thread-safe.
 */
final class ReplayLayout {

  private static final List<Character> SEPARATORS = List.of(',', ';', '\t', '|');

  /** The columns needed, by their names in both editions. */
  enum Column {
    INVOICE("InvoiceNo", "Invoice"),
    PRODUCT("StockCode", "StockCode"),
    DESCRIPTION("Description", "Description"),
    QUANTITY("Quantity", "Quantity"),
    DATE("InvoiceDate", "InvoiceDate"),
    PRICE("UnitPrice", "Price"),
    CUSTOMER("CustomerID", "CustomerID"),
    COUNTRY("Country", "Country");

    private final String name;
    private final String nameInSecondEdition;

    Column(String name, String nameInSecondEdition) {
      this.name = name;
      this.nameInSecondEdition = nameInSecondEdition;
    }

    /** Letters and digits count: {@code Customer ID} and {@code customer_id} are the same. */
    private boolean isNamed(String header) {
      String plain = header.replaceAll("[^A-Za-z0-9]", "");
      return plain.equalsIgnoreCase(name) || plain.equalsIgnoreCase(nameInSecondEdition);
    }

    @Override
    public String toString() {
      return name.equals(nameInSecondEdition) ? name : name + " or " + nameInSecondEdition;
    }
  }

  private final Path file;
  private final ReplayText text;
  private final ReplayDates dates;
  private final ReplayNumbers numbers;
  private char separator;
  private List<String> header;
  private Map<Column, Integer> columns = new EnumMap<>(Column.class);
  private long rows;

  /**
   * Reads the file and finds its layout.
   *
   * @throws IOException if it cannot be read, or a row cannot be understood; the message names the
   *     line
   * @throws IllegalArgumentException if it has not the columns needed, or leaves open what the
   *     hints do not say; the message names the first value in doubt and the option that helps
   */
  ReplayLayout(Path file, ReplayHints hints) throws IOException {
    this.file = file;
    dates = new ReplayDates(hints.dateFormat());
    numbers = new ReplayNumbers(hints.decimalSeparator());
    text = new ReplayText(file, hints.charset());
    findColumns();
    try (CSVParser parser = open()) {
      for (CSVRecord row : parser) {
        see(row, parser.getCurrentLineNumber());
      }
    } catch (UncheckedIOException e) {
      throw new IOException(file + " cannot be read on: " + e.getMessage(), e);
    }
    try {
      dates.requireCertain(name(Column.DATE));
      numbers.requireCertain(separator);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ", " + e.getMessage(), e);
    }
  }

  /** The rows of the file, without its header. */
  CSVParser open() throws IOException {
    return format(separator)
        .builder()
        .setHeader(header.toArray(String[]::new))
        .setSkipHeaderRecord(true)
        .setAllowMissingColumnNames(true)
        .get()
        .parse(text.open());
  }

  /** The number of rows, without the header. */
  long rows() {
    return rows;
  }

  /**
   * A value as it is.
   *
   * @throws IllegalArgumentException if the row has not as many values as the header
   */
  String text(CSVRecord row, Column column) {
    int values = row.size();
    while (values > header.size() && row.get(values - 1).isEmpty()) {
      values--;
    }
    if (values != header.size()) {
      throw new IllegalArgumentException(
          "%d values under a header of %d; a separator inside a value has to be in quotes"
              .formatted(values, header.size()));
    }
    return row.get(columns.get(column));
  }

  /**
   * A number.
   *
   * @throws IllegalArgumentException if it is none
   */
  BigDecimal number(CSVRecord row, Column column) {
    return numbers.read(name(column), text(row, column).strip());
  }

  /**
   * The row's time, epoch milliseconds.
   *
   * @throws IllegalArgumentException if it is none
   */
  long time(CSVRecord row) {
    return dates.read(text(row, Column.DATE).strip());
  }

  private void see(CSVRecord row, long line) throws IOException {
    rows++;
    try {
      String date = text(row, Column.DATE).strip();
      for (Column column : List.of(Column.QUANTITY, Column.PRICE)) {
        numbers.see(name(column), text(row, column).strip(), line);
      }
      try {
        dates.see(date, line);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(name(Column.DATE) + " " + e.getMessage(), e);
      }
    } catch (IllegalArgumentException e) {
      throw new IOException("%s, line %d: %s".formatted(file, line, e.getMessage()), e);
    }
  }

  private String name(Column column) {
    return ReplayText.printable(header.get(columns.get(column)));
  }

  /** Names hold no separator: the one that cuts the header into the columns is the file's. */
  private void findColumns() throws IOException {
    String first = firstLine();
    for (char candidate : SEPARATORS) {
      List<String> names = cut(first, candidate);
      Map<Column, Integer> found = find(names);
      if (header == null || found.size() > columns.size()) {
        separator = candidate;
        header = names;
        columns = found;
      }
    }
    for (Column column : Column.values()) {
      if (!columns.containsKey(column)) {
        throw new IllegalArgumentException(
            "%s has no column %s; needed are %s"
                .formatted(
                    file,
                    column,
                    Arrays.stream(Column.values())
                        .map(Column::toString)
                        .collect(Collectors.joining(", "))));
      }
    }
  }

  private Map<Column, Integer> find(List<String> names) {
    Map<Column, Integer> found = new EnumMap<>(Column.class);
    for (int i = 0; i < names.size(); i++) {
      for (Column column : Column.values()) {
        if (column.isNamed(names.get(i))) {
          Integer other = found.put(column, i);
          if (other != null) {
            throw new IllegalArgumentException(
                "%s has two columns that may be meant: %s and %s"
                    .formatted(
                        file,
                        ReplayText.quoted(names.get(other)),
                        ReplayText.quoted(names.get(i))));
          }
        }
      }
    }
    return found;
  }

  private String firstLine() throws IOException {
    try (BufferedReader lines = text.open()) {
      String line = lines.readLine();
      while (line != null && line.isBlank()) {
        line = lines.readLine();
      }
      return line == null ? "" : line;
    }
  }

  private static List<String> cut(String line, char separator) {
    try (CSVParser parser = CSVParser.parse(line, format(separator))) {
      return parser.stream().findFirst().map(CSVRecord::toList).orElse(List.of());
    } catch (IOException | UncheckedIOException e) {
      // The quotes do not fit this separator.
      return List.of();
    }
  }

  private static CSVFormat format(char separator) {
    return CSVFormat.DEFAULT.builder().setDelimiter(separator).get();
  }
}
