package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.turnstile.events.Decoded;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.simulator.PromiseModel.Outcomes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ledger of several runs onto the same topics is right about all of them together. */
class ReplayLedgerTest {

  private static final int ROWS = 400;
  private static final int REPEATED_ROWS = 40;

  @TempDir private Path dir;

  private final List<ProducerRecord<String, byte[]>> sent = new ArrayList<>();
  private final Map<String, Integer> outcomes = new TreeMap<>();
  private TokenIssuer tokens;
  private Path ledger;

  @BeforeEach
  void setUp() throws Exception {
    ledger = dir.resolve("ledger.csv");
    tokens =
        new TokenIssuer(
            new ECKeyGenerator(Curve.P_256).keyID("k").generate(),
            TokenIssuer.DEFAULT_LIFETIME,
            Clock.systemUTC());
  }

  /**
   * @param runs one after the other: first and last row of what is replayed, or {@code generator}
   * @param duplicates the rows that an earlier run has brought to acceptance
   */
  @ParameterizedTest
  @CsvSource({
    "0-400 0-400, 360",
    "0-400 0-400 0-400, 720",
    "0-150 0-400, 135",
    "0-1 0-400, 1",
    "0-400 0-150, 135",
    "0-200 200-400, 0",
    "0-250 150-400 0-400, 450",
    "0-400 generator 0-400, 360",
    "generator 0-400 generator 0-400, 360"
  })
  void ledgerOfSeveralRunsIsRight(String runs, int duplicates) throws Exception {
    for (String run : runs.split(" ", -1)) {
      if (run.equals("generator")) {
        send(new Generator(new GeneratorOptions().customers(20).seed(sent.size())), 50);
      } else {
        String[] bounds = run.split("-", -1);
        replay(Integer.parseInt(bounds[0]), Integer.parseInt(bounds[1]));
      }
    }

    assertThat(wrong(sent.size())).isEmpty();
    assertThat(outcomes.getOrDefault("DUPLICATE_ID", 0)).isEqualTo(duplicates);
  }

  @Test
  void firstRunAllowsNoDuplicateId() throws Exception {
    replay(0, ROWS);

    assertThat(entries())
        .hasSize(ROWS)
        .allSatisfy(entry -> assertThat(entry.allowed()).doesNotContain("DUPLICATE_ID"));
  }

  @Test
  void secondAcceptanceOfARowIsStillFound() throws Exception {
    replay(0, ROWS);
    replay(0, ROWS);

    assertThat(wrong(sent.size() / 2))
        .hasSize(ROWS - REPEATED_ROWS)
        .allSatisfy(group -> assertThat(group).endsWith("accepted 2 times"));
  }

  /** Returns what contradicts the ledger if the job forgets everything before that record. */
  private List<String> wrong(int forgetsAt) throws IOException {
    List<LedgerEntry> entries = entries();
    List<String> wrong = new ArrayList<>();
    Map<Long, Integer> accepted = new HashMap<>();
    Outcomes outcome =
        (seq, code) -> {
          LedgerEntry entry = entries.get(seq);
          outcomes.merge(code, 1, Integer::sum);
          accepted.merge(entry.group(), code.equals(LedgerEntry.ACCEPTED) ? 1 : 0, Integer::sum);
          if (!entry.allowed().contains(code)) {
            wrong.add(code + " for " + entry);
          }
        };
    PromiseModel job = new PromiseModel(outcome, new SplittableRandom(1));
    for (int i = 0; i < sent.size(); i++) {
      if (i == forgetsAt) {
        job = new PromiseModel(outcome, new SplittableRandom(1));
      }
      ProducerRecord<String, byte[]> record = sent.get(i);
      if (record.topic().equals("inventory")) {
        Product product = ((Decoded.Valid<Product>) ProductCodec.decode(record.value())).record();
        job.product(product.productId(), product.version());
      } else if (record.topic().equals("transactions")) {
        byte[] seq = record.headers().lastHeader(LedgerEntry.HEADER).value();
        job.input(
            Integer.parseInt(new String(seq, StandardCharsets.US_ASCII)), record.value(), null);
      }
    }
    job.end();
    accepted.forEach(
        (group, times) -> {
          if (times != 1) {
            wrong.add("group " + group + " was accepted " + times + " times");
          }
        });
    return wrong;
  }

  private void replay(int first, int last) throws Exception {
    Path file = dir.resolve("rows.csv");
    StringBuilder rows =
        new StringBuilder(
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n");
    for (int i = first; i < last; i++) {
      // Each tenth row repeats the one before it; an invoice has five rows.
      int quantity = i % 10 == 9 ? i - 1 : i;
      rows.append(
          "%d,P%d,NAME,%d,2010-12-01 08:26:00,1.5,1785%d,UK%n"
              .formatted(i / 5, i / 5 % 7, quantity, i / 5 % 3));
    }
    Files.writeString(file, rows);
    try (Replay replay = new Replay(file, sent.size() + 1)) {
      send(replay, Long.MAX_VALUE);
    }
  }

  private void send(EventSource source, long count) throws Exception {
    FakeKafka kafka = new FakeKafka();
    new Simulation(
            kafka,
            source,
            tokens,
            new SimulationOptions().rate(0).count(count).ledger(ledger),
            SimulationListener.NONE,
            System::nanoTime)
        .run();
    sent.addAll(kafka.sent());
  }

  private List<LedgerEntry> entries() throws IOException {
    return Files.readAllLines(ledger).stream().map(LedgerEntry::parse).toList();
  }
}
