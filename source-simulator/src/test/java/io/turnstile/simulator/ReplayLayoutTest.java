package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.turnstile.events.Transaction;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVPrinter;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every layout in which the data set is found gives the same events, or asks. */
class ReplayLayoutTest {

  private static final List<String> FIRST_EDITION =
      List.of(
          "InvoiceNo",
          "StockCode",
          "Description",
          "Quantity",
          "InvoiceDate",
          "UnitPrice",
          "CustomerID",
          "Country");

  private static final List<String> SECOND_EDITION =
      List.of(
          "Invoice",
          "StockCode",
          "Description",
          "Quantity",
          "InvoiceDate",
          "Price",
          "Customer ID",
          "Country");

  private static final List<List<String>> ROWS =
      List.of(
          List.of(
              "536365", "85123A", "CAFÉ, £5", "6", "2010-12-01 08:26:00", "2.55", "17850", "UK"),
          List.of("C9", "71053", "a \"b\"; c", "-2", "2011-01-13 18:05:00", "1250.5", "", "EIRE"));

  @TempDir private Path dir;

  @ParameterizedTest(name = "{0}")
  @MethodSource("layouts")
  void layoutIsFound(String name, byte[] content) throws IOException {
    assertThat(events(content)).isEqualTo(events(file(FIRST_EDITION, ROWS, ",")));
  }

  static Stream<Arguments> layouts() {
    List<List<String>> shop = ROWS;
    return Stream.of(
        Arguments.of("second edition", file(SECOND_EDITION, shop, ",")),
        Arguments.of("other case and blanks", file(renamed(FIRST_EDITION), shop, ",")),
        Arguments.of("index without a name", file(indexed(FIRST_EDITION, ""), indexed(shop), ",")),
        Arguments.of("index", file(indexed(FIRST_EDITION, "Unnamed: 0"), indexed(shop), ",")),
        Arguments.of("two columns without a name", twoNamelessColumns()),
        Arguments.of("columns in another order, seed 1", shuffled(1)),
        Arguments.of("columns in another order, seed 2", shuffled(2)),
        Arguments.of("semicolons", file(FIRST_EDITION, shop, ";")),
        Arguments.of("tabs", file(SECOND_EDITION, shop, "\t")),
        Arguments.of("decimal comma", file(FIRST_EDITION, with(5, "2,55", "1250,5"), ";")),
        Arguments.of("decimal comma, groups", file(FIRST_EDITION, with(5, "2,55", "1.250,5"), ";")),
        Arguments.of(
            "decimal comma in quotes", file(FIRST_EDITION, with(5, "2,55", "1250,5"), ",")),
        Arguments.of("groups", file(FIRST_EDITION, with(5, "2.55", "1,250.5"), ",")),
        Arguments.of("quantity with a fraction", file(FIRST_EDITION, with(3, "6.0", "-2.0"), ",")),
        Arguments.of("customer with a fraction", file(FIRST_EDITION, with(6, "17850.0", ""), ",")),
        Arguments.of("customer, comma", file(FIRST_EDITION, with(6, "17850,0", ""), ";")),
        Arguments.of("no customer in R", file(FIRST_EDITION, with(6, "17850", "NA"), ",")),
        Arguments.of("no customer in pandas", file(FIRST_EDITION, with(6, "17850.0", "nan"), ",")),
        Arguments.of("line ends of Windows", bytes(text().replace("\n", "\r\n"), "UTF-8")),
        Arguments.of("empty lines", bytes("\n" + text().replace("\n", "\n\n"), "UTF-8")),
        Arguments.of(
            "values after the last column", bytes(text().replace("EIRE", "EIRE,,"), "UTF-8")),
        Arguments.of("UTF-8 with mark", bytes("\uFEFF" + text(), "UTF-8")),
        Arguments.of("UTF-16LE with mark", bytes("\uFEFF" + text(), "UTF-16LE")),
        Arguments.of("UTF-16BE with mark", bytes("\uFEFF" + text(), "UTF-16BE")),
        Arguments.of("UTF-16LE without mark", bytes(text(), "UTF-16LE")),
        Arguments.of("UTF-16BE without mark", bytes(text(), "UTF-16BE")),
        Arguments.of("gzip under another name", gzip(bytes(text(), "UTF-8"))),
        Arguments.of("gzip of UTF-16", gzip(bytes("\uFEFF" + text(), "UTF-16LE"))));
  }

  @ParameterizedTest
  @CsvSource({
    "2010-12-01 08:26:00, 2011-01-13 18:05:00",
    "2010-12-01 08:26, 2011-01-13 18:05",
    "2010-12-01T08:26:00, 2011-01-13T18:05:00Z",
    "2010-12-01 08:26:00.000, 2011-01-13 18:05:00.0000000",
    "2010/12/1 8:26, 2011/1/13 18:05",
    "12/1/2010 8:26, 1/13/2011 18:05",
    "12/01/2010 08:26:00, 01/13/2011 18:05:00",
    "12/1/2010 8:26:00 AM, 1/13/2011 6:05:00 PM",
    "12/1/10 8:26, 1/13/11 18:05",
    "01/12/2010 08:26, 13/01/2011 18:05",
    "1/12/2010 8:26, 13/1/2011 18:05",
    "01.12.2010 08:26, 13.01.2011 18:05",
    "01-12-2010 08:26, 13-01-2011 18:05",
    "01/12/10 08:26, 13/01/11 18:05",
  })
  void dateThatDecidesMayBeAnywhere(String first, String second) throws IOException {
    List<SimulatedEvent> expected = events(file(FIRST_EDITION, ROWS, ","));

    assertThat(events(file(FIRST_EDITION, with(4, first, second), ","))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "01/12/2010 08:26, M/d/yyyy, d/M/yyyy",
    "01/12/10 08:26, M/d/yy, d/M/yy",
    "01.12.2010 08:26, M.d.yyyy, d.M.yyyy",
    "1-12-2010, M-d-yyyy, d-M-yyyy"
  })
  void datesOfTwoOrdersAskForOne(String date, String monthFirst, String dayFirst)
      throws IOException {
    // The first date is the same in both orders.
    byte[] content = file(FIRST_EDITION, with(4, date.replaceFirst("0?1", "12"), date), ",");

    assertRefused(content, ReplayHints.NONE)
        .contains("line 3: InvoiceDate '" + date + "'")
        .contains("2010-01-12 or 2010-12-01")
        .endsWith("give --date-format " + monthFirst + " or --date-format " + dayFirst);
    assertThat(lastDate(content, monthFirst)).startsWith("2010-01-12T");
    assertThat(lastDate(content, dayFirst)).startsWith("2010-12-01T");
  }

  @Test
  void datesThatAreTheSameInBothOrdersAskNothing() throws IOException {
    assertThat(events(file(FIRST_EDITION, with(4, "11/11/2010 8:26", "12/12/2010 9:00"), ",")))
        .isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "13/01/2010, 01/13/2010",
    "2010-12-01, 01/12/2010",
    "30/01/2010, 30/02/2010",
    "01/13/2010, 01/13/10",
    "2010-12-01, 2010-13-01",
    "2010-12-01, 40513.35",
    "2010-12-01, 2010-12-01 25:00",
    "2010-12-01, ''"
  })
  void dateThatDoesNotFitTheOthersIsNamedBeforeAnythingIsGiven(String first, String second)
      throws IOException {
    Path file = write(file(FIRST_EDITION, with(4, first, second), ","));

    assertThatThrownBy(() -> new Replay(file, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("line 3: InvoiceDate '" + second + "' is not a time")
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @CsvSource({"d/M/yyyy H:mm", "dd/MM/yyyy HH:mm", "d/M/yyyy", "dd/MM/uuuu"})
  void givenPatternIsUsedAsItIs(String pattern) throws IOException {
    byte[] content = file(FIRST_EDITION, with(4, "12/01/2010 08:26", "01/12/2010 08:26"), ",");

    assertThat(lastDate(content, pattern)).isEqualTo("2010-12-01T08:26:00Z");
  }

  @Test
  void givenPatternThatDoesNotFitIsAnError() throws IOException {
    Path file = write(file(FIRST_EDITION, ROWS, ","));

    assertThatThrownBy(() -> new Replay(file, 1, new ReplayHints(null, "d/M/yyyy", null)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("line 2: InvoiceDate '2010-12-01 08:26:00'")
        .hasMessageContaining("d/M/yyyy, as --date-format says");
    assertThatThrownBy(() -> new Replay(file, 1, new ReplayHints(null, "day first", null)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--date-format 'day first' is not a pattern like d/M/yyyy");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ISO-8859-1", "windows-1252", "x-MacRoman", "IBM850"})
  void bytesThatAreNotUtf8AskForTheEncoding(String charset) throws IOException {
    byte[] content = bytes(text(), charset);

    assertRefused(content, ReplayHints.NONE)
        .contains("line 2: 'CAF\\x%02X".formatted(bytes("É", charset)[0] & 0xFF))
        .contains("is not UTF-8")
        .contains("--charset");
    assertThat(events(content, new ReplayHints(Charset.forName(charset), null, null)))
        .isEqualTo(events(file(FIRST_EDITION, ROWS, ",")));
  }

  @ParameterizedTest
  @CsvSource({"80", "C3", "E282", "EDA080", "C080", "F8808080"})
  void noByteIsReplacedInSilence(String hex) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    content.writeBytes(bytes(text() + "1,A,", "UTF-8"));
    content.writeBytes(HexFormat.of().parseHex(hex));
    content.writeBytes(bytes(",1,2010-12-01,1,1,UK\n", "UTF-8"));

    assertRefused(content.toByteArray(), ReplayHints.NONE)
        .contains("line 4: '\\x" + hex.substring(0, 2))
        .contains("--charset");
  }

  @Test
  void encodingThatContradictsTheFileIsRefused() throws IOException {
    assertRefused(
            bytes("\uFEFF" + text(), "UTF-8"),
            new ReplayHints(Charset.forName("windows-1252"), null, null))
        .contains("byte order mark of UTF-8")
        .contains("--charset is windows-1252");
    assertRefused(bytes(text(), "UTF-8"), new ReplayHints(StandardCharsets.US_ASCII, null, null))
        .contains("is not US-ASCII");
    assertThat(
            events(
                bytes("\uFEFF" + text(), "UTF-16LE"),
                new ReplayHints(StandardCharsets.UTF_16, null, null)))
        .isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"1,250 | ; | 125 | 125000", "1.250 | ; | 125000 | 125", "1,250 | , | 125 | 125000"})
  void numbersOfTwoReadingsAskForOne(String price, String separator, long comma, long point)
      throws IOException {
    byte[] content = file(FIRST_EDITION, with(5, "3", price), separator);

    assertRefused(content, ReplayHints.NONE)
        .contains("line 3: UnitPrice '" + price + "'")
        .contains("--decimal-separator");
    assertThat(unitPrice(content, ',')).isEqualTo(comma);
    assertThat(unitPrice(content, '.')).isEqualTo(point);
  }

  @Test
  void numbersThatContradictEachOtherAreRefused() throws IOException {
    Path file = write(file(FIRST_EDITION, with(5, "2,55", "2.55"), ";"));

    assertThatThrownBy(() -> new Replay(file, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("line 3: UnitPrice '2.55' has the decimal separator '.'")
        .hasMessageContaining("'2,55' has ',' (line 2)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.2.3", "12,34.5", "£3", "1e", "--1", ",", "."})
  void textThatIsNoNumberIsNamed(String price) {
    assertThatThrownBy(() -> events(file(FIRST_EDITION, with(5, "2.55", price), ";")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("line 3: UnitPrice '" + price + "'");
  }

  @Test
  void separatorOutsideQuotesDoesNotShiftValues() throws IOException {
    Path file = write(bytes(text() + "1,A,RED, BLUE,1,2010-12-01,1,1,UK\n", "UTF-8"));

    assertThatThrownBy(() -> new Replay(file, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("line 4: 9 values under a header of 8");
  }

  @Test
  void twoColumnsForOneAreRefused() throws IOException {
    assertRefused(bytes(text().replace("Country\n", "Price\n"), "UTF-8"), ReplayHints.NONE)
        .contains("'UnitPrice' and 'Price'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "<html>", "a,b\n1,2\n", "\"open"})
  void fileWithoutTheColumnsIsRefused(String content) throws IOException {
    assertRefused(bytes(content, "UTF-8"), ReplayHints.NONE)
        .contains("has no column InvoiceNo or Invoice; needed are");
  }

  @Test
  void spreadsheetIsRefusedAsSuch() throws IOException {
    assertRefused(new byte[] {'P', 'K', 3, 4, 20, 0}, ReplayHints.NONE).contains("save its sheet");
  }

  @Test
  void fileThatWasCutOffIsRefusedBeforeAnythingIsGiven() throws IOException {
    byte[] whole = gzip(bytes(text(), "UTF-8"));
    Path cut = write(Arrays.copyOf(whole, whole.length - 9));

    assertThatThrownBy(() -> new Replay(cut, 1))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(cut + " cannot be read to its end: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2,\"A\"B,NAME", "2,\"A,NAME"})
  void quotesThatDoNotCloseAreNamedBeforeAnythingIsGiven(String start) throws IOException {
    Path file = write(bytes(text() + start + ",1,2010-12-01 08:26:00,1,1,UK\n", "UTF-8"));

    assertThatThrownBy(() -> new Replay(file, 1))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining("line")
        .hasMessageNotContaining("\n");
  }

  @Test
  void directoryIsRefused() {
    assertThatThrownBy(() -> new Replay(dir, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void rowsAreCounted() throws IOException {
    Path file = write(bytes(text().replace("CAFÉ", "two\nlines"), "UTF-8"));
    try (Replay replay = new Replay(file, 1)) {
      assertThat(replay.size()).isEqualTo(2);
    }
  }

  /** The data set itself, as a European spreadsheet saves it, where the data set is at hand. */
  @Tag("extended")
  @Test
  void publicDataSetIsTheSameInAnotherLayout() throws IOException {
    Path original = publicDataSet();
    Path rewritten = dir.resolve("rewritten.csv");
    CSVFormat semicolons = CSVFormat.DEFAULT.builder().setDelimiter(';').get();
    try (CSVParser rows =
            CSVFormat.DEFAULT.parse(
                new InputStreamReader(
                    new GZIPInputStream(Files.newInputStream(original)), StandardCharsets.UTF_8));
        CSVPrinter printer = semicolons.print(rewritten, Charset.forName("windows-1252"))) {
      printer.printRecord(indexed(SECOND_EDITION, ""));
      rows.stream()
          .skip(1)
          .forEach(
              row -> {
                List<String> values = new ArrayList<>(row.toList());
                values.set(
                    4, values.get(4).replaceAll("(....)-(..)-(..) (.....):..", "$3/$2/$1 $4"));
                values.set(5, values.get(5).replace('.', ','));
                try {
                  printer.printRecord(indexed(values, Long.toString(row.getRecordNumber())));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
    List<String> different = new ArrayList<>();
    ReplayHints hints = new ReplayHints(Charset.forName("windows-1252"), null, null);
    try (Replay expected = new Replay(original, 1);
        Replay actual = new Replay(rewritten, 1, hints)) {
      assertThat(actual.size()).isEqualTo(expected.size());
      for (SimulatedEvent event = expected.next(); event != null; event = expected.next()) {
        SimulatedEvent other = actual.next();
        if (!event.equals(other) && different.size() < 10) {
          different.add(event + " became " + other);
        }
      }
      assertThat(actual.next()).isNull();
    }
    assertThat(different).isEmpty();
  }

  private static Path publicDataSet() throws IOException {
    Path data = Path.of(System.getProperty("turnstile.home", ".")).resolve("../shared/data");
    assumeTrue(Files.isDirectory(data), "the data set is not there");
    try (Stream<Path> files = Files.list(data)) {
      return files.filter(f -> f.toString().endsWith(".csv.gz")).findFirst().orElseThrow();
    }
  }

  private AbstractStringAssert<?> assertRefused(byte[] content, ReplayHints hints)
      throws IOException {
    Path file = write(content);
    String[] message = new String[1];
    assertThatThrownBy(() -> new Replay(file, 1, hints))
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(e -> message[0] = e.getMessage());
    return assertThat(message[0]).startsWith(file.toString()).doesNotContain("\n");
  }

  private String lastDate(byte[] content, String pattern) throws IOException {
    List<SimulatedEvent> events = events(content, new ReplayHints(null, pattern, null));
    Transaction last = ((Submission) events.get(events.size() - 1)).transaction();
    return Instant.ofEpochMilli(last.occurredAt()).toString();
  }

  private long unitPrice(byte[] content, char decimal) throws IOException {
    return events(content, new ReplayHints(null, null, decimal)).stream()
        .filter(ProductUpdate.class::isInstance)
        .map(event -> ((ProductUpdate) event).product().unitPrice())
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  private List<SimulatedEvent> events(byte[] content) throws IOException {
    return events(content, ReplayHints.NONE);
  }

  private List<SimulatedEvent> events(byte[] content, ReplayHints hints) throws IOException {
    List<SimulatedEvent> events = new ArrayList<>();
    try (Replay replay = new Replay(write(content), 1, hints)) {
      for (SimulatedEvent event = replay.next(); event != null; event = replay.next()) {
        events.add(event);
      }
    }
    return events;
  }

  private Path write(byte[] content) throws IOException {
    return Files.write(Files.createTempFile(dir, "rows", ".csv"), content);
  }

  private static String text() {
    return new String(file(FIRST_EDITION, ROWS, ","), StandardCharsets.UTF_8);
  }

  /** A file in UTF-8; only what needs quotes has them. */
  private static byte[] file(List<String> header, List<List<String>> rows, String separator) {
    String text =
        Stream.concat(Stream.of(header), rows.stream())
            .map(
                row ->
                    row.stream()
                            .map(value -> quoted(value, separator))
                            .collect(Collectors.joining(separator))
                        + "\n")
            .collect(Collectors.joining());
    return bytes(text, "UTF-8");
  }

  private static String quoted(String value, String separator) {
    return value.contains(separator) || value.contains("\"")
        ? '"' + value.replace("\"", "\"\"") + '"'
        : value;
  }

  private static byte[] bytes(String text, String charset) {
    ByteBuffer bytes = Charset.forName(charset).encode(CharBuffer.wrap(text));
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return copy;
  }

  private static byte[] gzip(byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** The rows with other values in one column. */
  private static List<List<String>> with(int column, String... values) {
    return IntStream.range(0, values.length)
        .mapToObj(
            i -> {
              List<String> row = new ArrayList<>(ROWS.get(i));
              row.set(column, values[i]);
              return row;
            })
        .collect(Collectors.toList());
  }

  private static List<String> indexed(List<String> row, String first) {
    return Stream.concat(Stream.of(first), row.stream()).toList();
  }

  private static List<List<String>> indexed(List<List<String>> rows) {
    return IntStream.range(0, rows.size())
        .mapToObj(i -> indexed(rows.get(i), Integer.toString(i)))
        .toList();
  }

  private static byte[] twoNamelessColumns() {
    return file(indexed(indexed(FIRST_EDITION, ""), ""), indexed(indexed(ROWS)), ",");
  }

  private static List<String> renamed(List<String> header) {
    return header.stream()
        .map(name -> " " + name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT))
        .toList();
  }

  private static byte[] shuffled(long seed) {
    List<Integer> order =
        IntStream.range(0, FIRST_EDITION.size()).boxed().collect(Collectors.toList());
    Collections.shuffle(order, new Random(seed));
    return file(
        order.stream().map(FIRST_EDITION::get).toList(),
        ROWS.stream().map(row -> order.stream().map(row::get).toList()).toList(),
        ",");
  }
}
