package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import io.turnstile.simulator.SimulatedEvent.CustomerUpdate;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.SimulatedEvent.Timing;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayTest {

  private static final String HEADER =
      "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

  private static final long VERSION = 1_000;

  /** 2010-12-01 08:26:00 UTC. */
  private static final long DATE = 1_291_191_960_000L;

  private static final long DAY = 86_400_000;

  @TempDir private Path dir;

  @Test
  void rowBecomesTransactionAfterItsCustomerAndProduct() throws IOException {
    assertThat(replay("536365,85123A,\"HOLDER, WHITE\",6,2010-12-01 08:26:00,2.55,17850.0,France"))
        .containsExactly(
            new CustomerUpdate(
                Kind.ORDINARY,
                new Customer("17850", "17850", "registered", "France", VERSION, DATE),
                Timing.FIRST),
            new ProductUpdate(
                Kind.ORDINARY,
                "85123A",
                new Product("85123A", "HOLDER, WHITE", "retail", 255, "GBP", 0, VERSION + 1, DATE),
                Timing.FIRST),
            Submission.first(
                Kind.ORDINARY,
                new Transaction("536365-1", "17850", "85123A", 6, 1_530, "GBP", DATE, ""),
                0,
                RejectionReason.DUPLICATE_CONTENT));
  }

  @ParameterizedTest
  @CsvSource({
    "6, 2.55, 1530",
    "1, 1.005, 101",
    "1, 1.0049, 100",
    "-1, 1.005, -101",
    "3, 0.335, 101",
    "-12, 4.65, -5580",
    "5, 0.0, 0",
    "80995, 2.08, 16846960"
  })
  void amountIsExactAndRoundedHalfUp(int quantity, String price, long amount) throws IOException {
    List<SimulatedEvent> events =
        replay("1,A,NAME," + quantity + ",2010-12-01 08:26:00," + price + ",17850.0,France");

    assertThat(transactions(events))
        .extracting(Transaction::quantity, Transaction::amount)
        .containsExactly(tuple(quantity, amount));
  }

  @Test
  void rowsWithoutCustomerShareOneGuestPerInvoice() throws IOException {
    List<SimulatedEvent> events =
        replay(
            "1,A,NAME,1,2010-12-01 08:26:00,1,,France",
            "1,B,NAME,1,2010-12-01 08:26:00,1,,France",
            "2,A,NAME,1,2010-12-01 08:26:00,1,,France");

    assertThat(transactions(events))
        .extracting(Transaction::customerId)
        .containsExactly("guest-1", "guest-1", "guest-2");
    assertThat(events.stream().filter(CustomerUpdate.class::isInstance)).hasSize(2);
  }

  @Test
  void idsCountTheRowsOfAnInvoiceInFileOrder() throws IOException {
    assertThat(
            transactions(
                replay(
                    "1,A,NAME,1,2010-12-01 08:26:00,1,7.0,France",
                    "C2,A,NAME,-1,2010-12-01 08:26:00,1,7.0,France",
                    "1,A,NAME,2,2010-12-01 08:26:00,1,7,France")))
        .extracting(Transaction::transactionId, Transaction::customerId)
        .containsExactly(tuple("1-1", "7"), tuple("C2-1", "7"), tuple("1-2", "7"));
  }

  @Test
  void productIsPublishedAgainWheneverNameOrPriceChanges() throws IOException {
    List<SimulatedEvent> events =
        replay(
            "1,A,NAME,1,2010-12-01 08:26:00,1.00,7.0,France",
            "2,A,NAME,1,2010-12-01 08:26:00,1.0,7.0,France",
            "3,A,,1,2010-12-01 08:26:00,1.0,7.0,France",
            "4,A,NAME,1,2010-12-01 08:26:00,0,7.0,France",
            "5,A,NAME,1,2010-12-01 08:26:00,1.0,7.0,France");

    assertThat(products(events))
        .extracting(ProductUpdate::timing)
        .containsExactly(Timing.FIRST, Timing.IN_PLACE, Timing.IN_PLACE, Timing.IN_PLACE);
    assertThat(products(events))
        .extracting(ProductUpdate::product)
        .extracting(Product::name, Product::unitPrice, Product::version)
        .containsExactly(
            tuple("NAME", 100L, VERSION + 1),
            tuple("", 100L, VERSION + 3),
            tuple("NAME", 0L, VERSION + 4),
            tuple("NAME", 100L, VERSION + 5));
  }

  @Test
  void repeatedRowCompetesWithTheFirstOne() throws IOException {
    String row = "1,A,NAME,1,2010-12-01 08:26:00,1,7.0,France";

    assertThat(submissions(replay(row, row, row.replaceFirst("1", "2"), row.replace("1,7", "2,7"))))
        .extracting(Submission::group, Submission::acceptances, Submission::expected)
        .containsExactly(
            tuple(0L, 1, "ACCEPTED"),
            tuple(0L, 1, "DUPLICATE_CONTENT"),
            tuple(0L, 1, "DUPLICATE_CONTENT"),
            tuple(1L, 1, "ACCEPTED"));
  }

  @Test
  void readsTheOriginalSpreadsheetsFormatsAndItsByteOrderMark() throws IOException {
    Path file = dir.resolve("excel.csv");
    Files.writeString(
        file,
        "\uFEFF"
            + HEADER
            + "1,A,NAME,1,12/1/2010 8:26,1,17850,United Kingdom\n"
            + "2,A,NAME,1,12/13/2010 8:26,1,17850,United Kingdom\n");

    assertThat(transactions(readAll(file)))
        .extracting(Transaction::customerId, Transaction::occurredAt)
        .containsExactly(tuple("17850", DATE), tuple("17850", DATE + 12 * DAY));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "1,A,NAME,one,2010-12-01 08:26:00,1,7.0,France; Quantity 'one' is not a number",
        "1,A,NAME,1,2010-12-01 08:26:00,,7.0,France; UnitPrice '' is not a number",
        "1,A,NAME,1,2010-12-01 08:26:00,1e999999999,7.0,F; UnitPrice '1e999999999' is not a number",
        "1,A,NAME,1,2010-12-01 08:26:00,1e-999999999,7.0,F; UnitPrice '1e-999999999' is not a number",
        "1,A,NAME,1e2147483647,2010-12-01 08:26:00,1,7.0,F; Quantity '1e2147483647' is not a number",
        "1,A,NAME,1,yesterday,1,7.0,France; InvoiceDate 'yesterday'",
        "1,,NAME,1,2010-12-01 08:26:00,1,7.0,F; product_id is not a string of 1 to 256 bytes",
        "1,A,NAME; line 3"
      })
  void rowThatCannotBeUnderstoodIsNamed(String row, String complaint) {
    assertThatThrownBy(() -> replay("1,A,NAME,1,2010-12-01 08:26:00,1,7.0,France", row))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("line 3")
        .hasMessageContaining(complaint);
  }

  @Test
  void gzipThatIsCutOffSaysSo() throws IOException {
    Path file = dir.resolve("cut.csv.gz");
    Files.write(file, new byte[] {0x1f, (byte) 0x8b, 8});
    assertThatThrownBy(() -> new Replay(file, 1))
        .isInstanceOf(IOException.class)
        .hasMessage(file + " cannot be read to its end: it ends too early");
  }

  @Test
  void valueInAMessageIsBoundedAndOnOneLine() {
    assertThatThrownBy(() -> replay("1,A,NAME,\"o\n\u2028ne\",2010-12-01 08:26:00,1,7.0,France"))
        .hasMessageEndingWith("Quantity 'o??ne' is not a number");
    assertThatThrownBy(
            () -> replay("1,A,NAME," + "x".repeat(5_000) + ",2010-12-01 08:26:00,1,7.0,France"))
        .hasMessageEndingWith("Quantity '" + "x".repeat(100) + "…' is not a number");
  }

  @Test
  void fileOfAnotherLayoutIsRefused() throws IOException {
    Path file = dir.resolve("other.csv");
    Files.writeString(file, "InvoiceNo,Quantity\n1,2\n");

    assertThatThrownBy(() -> new Replay(file, VERSION))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has no column StockCode");
  }

  /** The figures that the data set's own page gives, where the data set is at hand. */
  @Test
  void publicDataSetGivesItsKnownFigures() throws IOException {
    Path data = Path.of(System.getProperty("turnstile.home", ".")).resolve("../shared/data");
    assumeTrue(Files.isDirectory(data), "the data set is not there");
    Path file;
    try (Stream<Path> files = Files.list(data)) {
      file = files.filter(f -> f.toString().endsWith(".csv.gz")).findFirst().orElseThrow();
    }
    long transactions = 0;
    long accepted = 0;
    long amount = 0;
    long productRecords = 0;
    int customerRecords = 0;
    List<Transaction> tooEarly = new ArrayList<>();
    Set<String> productIds = new HashSet<>();
    Set<String> customerIds = new HashSet<>();
    Set<String> transactionIds = new HashSet<>();

    try (Replay replay = new Replay(file, VERSION)) {
      for (SimulatedEvent event = replay.next(); event != null; event = replay.next()) {
        if (event instanceof Submission submission) {
          Transaction transaction = submission.transaction();
          transactionIds.add(transaction.transactionId());
          if (!productIds.contains(transaction.productId())
              || !customerIds.contains(transaction.customerId())) {
            tooEarly.add(transaction);
          }
          transactions++;
          if (submission.expected().equals("ACCEPTED")) {
            accepted++;
            amount += transaction.amount();
          }
        } else if (event instanceof ProductUpdate update) {
          productRecords++;
          productIds.add(update.productId());
        } else if (event instanceof CustomerUpdate update) {
          customerRecords++;
          customerIds.add(update.customer().customerId());
        }
      }
    }

    assertThat(tooEarly).isEmpty();
    assertThat(transactions).isEqualTo(245_903);
    assertThat(transactionIds).hasSize(245_903);
    assertThat(accepted).isEqualTo(243_882);
    assertThat(amount).isEqualTo(438_848_208);
    assertThat(productRecords).isEqualTo(93_208);
    assertThat(productIds).hasSize(3_651);
    assertThat(customerIds).hasSize(customerRecords);
  }

  private List<SimulatedEvent> replay(String... rows) throws IOException {
    Path file = dir.resolve("rows.csv.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write((HEADER + String.join("\n", rows) + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return readAll(file);
  }

  private static List<SimulatedEvent> readAll(Path file) throws IOException {
    List<SimulatedEvent> events = new ArrayList<>();
    try (Replay replay = new Replay(file, VERSION)) {
      for (SimulatedEvent event = replay.next(); event != null; event = replay.next()) {
        events.add(event);
      }
    }
    return events;
  }

  private static List<Submission> submissions(List<SimulatedEvent> events) {
    return events.stream()
        .filter(Submission.class::isInstance)
        .map(Submission.class::cast)
        .toList();
  }

  private static List<Transaction> transactions(List<SimulatedEvent> events) {
    return submissions(events).stream().map(Submission::transaction).toList();
  }

  private static List<ProductUpdate> products(List<SimulatedEvent> events) {
    return events.stream()
        .filter(ProductUpdate.class::isInstance)
        .map(ProductUpdate.class::cast)
        .toList();
  }
}
