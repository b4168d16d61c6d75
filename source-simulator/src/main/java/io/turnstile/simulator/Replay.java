package io.turnstile.simulator;

import io.turnstile.events.ContentHash;
import io.turnstile.events.Customer;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Decoded;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.simulator.ReplayLayout.Column;
import io.turnstile.simulator.SimulatedEvent.CustomerUpdate;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.SimulatedEvent.Timing;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * Turns a file of the UCI data sets Online Retail and Online Retail II into events: one transaction
 * per row, a product's record before its first and again when its name or price changes, a
 * customer's before their first. Not thread-safe.
 *
 * <p>Rows that repeat an earlier row's content are expected to be turned away for it, so the whole
 * file has to be sent within the job's content window, and so has a second replay of it into the
 * same ledger. A transaction's id is its invoice and its row's number in it: a file that has other
 * rows of the same invoice, or their dates in another order, gives other contents the same ids, and
 * needs topics and a ledger of its own.
 */
public final class Replay implements EventSource, Closeable {

  private static final String CURRENCY = "GBP";
  private static final int MINOR_DIGITS = 2;

  /** Spellings of "no customer" of the tools that write such files: R, pandas, SQL. */
  private static final Set<String> NO_CUSTOMER =
      Set.of("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None");

  /** A number of a customer that went through a column of fractions, as in 17850.0. */
  private static final Pattern WHOLE = Pattern.compile("[.,]0+$");

  /** The part of a product whose change makes a new record necessary. */
  private record Offer(String name, long unitPrice) {}

  private final Path file;
  private final long firstVersion;
  private final ReplayLayout layout;
  private final CSVParser parser;
  private final Iterator<CSVRecord> rows;

  private final Queue<SimulatedEvent> next = new ArrayDeque<>();
  private final Map<String, Integer> rowsByInvoice = new HashMap<>();
  private final Map<String, Offer> offers = new HashMap<>();
  private final Set<String> customers = new HashSet<>();
  private final Map<ContentHash, Long> groups = new HashMap<>();

  /** Opens a file that answers everything itself. */
  public Replay(Path file, long firstVersion) throws IOException {
    this(file, firstVersion, ReplayHints.NONE);
  }

  /**
   * Opens a file and reads it once to its end, to be sure of its layout. One in gzip is
   * decompressed.
   *
   * @param firstVersion the versions of products and customers rise from here: the time in
   *     milliseconds makes a later replay's versions higher than an earlier one's
   * @throws IOException if it cannot be read, or a row cannot be understood; the message names the
   *     line
   * @throws IllegalArgumentException if it has not the columns needed, or leaves open what the
   *     hints do not say; the message names the first value in doubt and the option that helps
   */
  public Replay(Path file, long firstVersion, ReplayHints hints) throws IOException {
    this.file = file;
    this.firstVersion = firstVersion;
    layout = new ReplayLayout(file, hints);
    parser = layout.open();
    rows = parser.iterator();
  }

  /** The number of transactions in the file. */
  public long size() {
    return layout.rows();
  }

  /** The rows of a file are the same whenever it is replayed. */
  @Override
  public boolean isRepeatable() {
    return true;
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
      } catch (IllegalArgumentException | ArithmeticException e) {
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
    String invoice = layout.text(row, Column.INVOICE);
    int rowOfInvoice = rowsByInvoice.merge(invoice, 1, Integer::sum);
    BigDecimal price = layout.number(row, Column.PRICE);
    int quantity = layout.number(row, Column.QUANTITY).intValueExact();
    long occurredAt = layout.time(row);
    long version = firstVersion + row.getRecordNumber();

    String customer = layout.text(row, Column.CUSTOMER).strip();
    boolean guest = NO_CUSTOMER.contains(customer);
    String customerId = guest ? "guest-" + invoice : WHOLE.matcher(customer).replaceFirst("");
    if (customers.add(customerId)) {
      Customer update =
          new Customer(
              customerId,
              customerId,
              guest ? "guest" : "registered",
              layout.text(row, Column.COUNTRY),
              firstVersion,
              occurredAt);
      require(CustomerCodec.decode(CustomerCodec.encode(update)));
      next.add(new CustomerUpdate(Kind.ORDINARY, update, Timing.FIRST));
    }

    String productId = layout.text(row, Column.PRODUCT);
    Offer offer = new Offer(layout.text(row, Column.DESCRIPTION), minorUnits(price));
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
      require(ProductCodec.decode(ProductCodec.encode(product)));
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
    require(TransactionCodec.decode(TransactionCodec.encode(transaction)));
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

  /** A row may hold what no record may: the ledger would expect of it what cannot come. */
  private static void require(Decoded<?> decoded) {
    if (decoded instanceof Decoded.Invalid<?> invalid) {
      throw new IllegalArgumentException("the row makes no record: " + invalid.message());
    }
  }

  private static long minorUnits(BigDecimal amount) {
    return amount.movePointRight(MINOR_DIGITS).setScale(0, RoundingMode.HALF_UP).longValueExact();
  }
}
