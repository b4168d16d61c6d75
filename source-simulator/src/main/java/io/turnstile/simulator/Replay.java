package io.turnstile.simulator;

import io.turnstile.events.ContentHash;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import io.turnstile.simulator.SimulatedEvent.CustomerUpdate;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.SimulatedEvent.Timing;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * Turns a file in the layout of the UCI Online Retail data set into events: one transaction per
 * row, a product's record before its first and again when its name or price changes, a customer's
 * before their first. Not thread-safe.
 *
 * <p>Rows that repeat an earlier row's content are expected to be turned away for it, so the whole
 * file has to be sent within the job's content window.
 */
public final class Replay implements EventSource, Closeable {

  private static final String INVOICE = "InvoiceNo";
  private static final String PRODUCT = "StockCode";
  private static final String DESCRIPTION = "Description";
  private static final String QUANTITY = "Quantity";
  private static final String DATE = "InvoiceDate";
  private static final String PRICE = "UnitPrice";
  private static final String CUSTOMER = "CustomerID";
  private static final String COUNTRY = "Country";

  private static final List<String> COLUMNS =
      List.of(INVOICE, PRODUCT, DESCRIPTION, QUANTITY, DATE, PRICE, CUSTOMER, COUNTRY);

  private static final String CURRENCY = "GBP";
  private static final int MINOR_DIGITS = 2;
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /** As in the CSV editions of the data set, and as in the original spreadsheet. */
  private static final List<DateTimeFormatter> DATES =
      List.of(
          DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss"),
          DateTimeFormatter.ofPattern("M/d/yyyy H:mm"));

  /** The part of a product whose change makes a new record necessary. */
  private record Offer(String name, long unitPrice) {}

  private final Path file;
  private final long firstVersion;
  private final CSVParser parser;
  private final Iterator<CSVRecord> rows;

  private final Queue<SimulatedEvent> next = new ArrayDeque<>();
  private final Map<String, Integer> rowsByInvoice = new HashMap<>();
  private final Map<String, Offer> offers = new HashMap<>();
  private final Set<String> customers = new HashSet<>();
  private final Map<ContentHash, Long> groups = new HashMap<>();

  /**
   * Opens a file; one whose name ends in {@code .gz} is decompressed.
   *
   * @param firstVersion the versions of products and customers rise from here: the time in
   *     milliseconds makes a later replay's versions higher than an earlier one's
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it has not the columns needed
   */
  public Replay(Path file, long firstVersion) throws IOException {
    this.file = file;
    this.firstVersion = firstVersion;
    Reader reader = open(file);
    try {
      parser =
          CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get().parse(reader);
      for (String column : COLUMNS) {
        if (!parser.getHeaderMap().containsKey(column)) {
          throw new IllegalArgumentException(
              file + " has no column " + column + "; needed are " + String.join(",", COLUMNS));
        }
      }
      rows = parser.iterator();
    } catch (IOException | RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  /**
   * The next event, null at the end of the file.
   *
   * @throws IOException if the file cannot be read on, or a row cannot be understood; the message
   *     names the line
   */
  @Override
  public SimulatedEvent next() throws IOException {
    if (next.isEmpty()) {
      try {
        if (rows.hasNext()) {
          add(rows.next());
        }
      } catch (UncheckedIOException e) {
        throw new IOException(file + " cannot be read on: " + e.getMessage(), e);
      } catch (IllegalArgumentException | ArithmeticException | DateTimeParseException e) {
        throw new IOException(
            file + ", line " + parser.getCurrentLineNumber() + ": " + e.getMessage(), e);
      }
    }
    return next.poll();
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }

  private void add(CSVRecord row) {
    String invoice = row.get(INVOICE);
    int rowOfInvoice = rowsByInvoice.merge(invoice, 1, Integer::sum);
    BigDecimal price = decimal(row, PRICE);
    int quantity = decimal(row, QUANTITY).intValueExact();
    long occurredAt = date(row.get(DATE));
    long version = firstVersion + row.getRecordNumber();

    String customerId = customerId(row.get(CUSTOMER), invoice);
    if (customers.add(customerId)) {
      String segment = row.get(CUSTOMER).isEmpty() ? "guest" : "registered";
      Customer customer =
          new Customer(customerId, customerId, segment, row.get(COUNTRY), firstVersion, occurredAt);
      next.add(new CustomerUpdate(Kind.ORDINARY, customer, Timing.FIRST));
    }

    String productId = row.get(PRODUCT);
    Offer offer = new Offer(row.get(DESCRIPTION), minorUnits(price));
    Offer previous = offers.put(productId, offer);
    if (!offer.equals(previous)) {
      Product product =
          new Product(
              productId,
              offer.name(),
              "retail",
              offer.unitPrice(),
              CURRENCY,
              0,
              version,
              occurredAt);
      next.add(
          previous == null
              ? new ProductUpdate(Kind.ORDINARY, productId, product, Timing.FIRST)
              : new ProductUpdate(Kind.REFERENCE_UPDATE, productId, product, Timing.IN_PLACE));
    }

    Transaction transaction =
        new Transaction(
            invoice + "-" + rowOfInvoice,
            customerId,
            productId,
            quantity,
            minorUnits(price.multiply(BigDecimal.valueOf(quantity))),
            CURRENCY,
            occurredAt,
            "");
    ContentHash content = ContentHash.of(transaction);
    Long group = groups.putIfAbsent(content, (long) groups.size());
    next.add(
        group == null
            ? Submission.first(
                Kind.ORDINARY, transaction, groups.get(content), RejectionReason.DUPLICATE_CONTENT)
            : Submission.repeat(
                Kind.CONTENT_DUPLICATE,
                transaction,
                Shape.PLAIN,
                group,
                RejectionReason.DUPLICATE_CONTENT));
  }

  private static String customerId(String column, String invoice) {
    if (column.isEmpty()) {
      return "guest-" + invoice;
    }
    return column.endsWith(".0") ? column.substring(0, column.length() - 2) : column;
  }

  private static long minorUnits(BigDecimal amount) {
    return amount.movePointRight(MINOR_DIGITS).setScale(0, RoundingMode.HALF_UP).longValueExact();
  }

  private static BigDecimal decimal(CSVRecord row, String column) {
    String text = row.get(column).trim();
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(column + " '" + text + "' is not a number", e);
    }
  }

  private static long date(String text) {
    for (DateTimeFormatter format : DATES) {
      try {
        return LocalDateTime.parse(text, format).toInstant(ZoneOffset.UTC).toEpochMilli();
      } catch (DateTimeParseException e) {
        // The next format, or the error below.
      }
    }
    throw new IllegalArgumentException(
        DATE + " '" + text + "' is not a time like 2010-12-01 08:26:00");
  }

  private static Reader open(Path file) throws IOException {
    InputStream bytes = Files.newInputStream(file);
    try {
      if (file.toString().endsWith(".gz")) {
        bytes = new GZIPInputStream(bytes, 1 << 16);
      }
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8));
      reader.mark(1);
      if (reader.read() != BYTE_ORDER_MARK) {
        reader.reset();
      }
      return reader;
    } catch (IOException e) {
      bytes.close();
      throw e;
    }
  }
}
