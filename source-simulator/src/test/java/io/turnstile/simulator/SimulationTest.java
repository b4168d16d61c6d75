package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.SignedJWT;
import io.turnstile.events.Decoded;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictCodec;
import io.turnstile.simulator.SimulatedEvent.CustomerUpdate;
import io.turnstile.simulator.SimulatedEvent.Pause;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.SimulatedEvent.Timing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulationTest {

  private static final TokenIssuer TOKENS = tokens();
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @TempDir private Path dir;

  private final FakeKafka kafka = new FakeKafka();

  @Test
  void transactionsGoOutByCustomerWithTheirTokens() throws Exception {
    run(kafka, options(), accepted(0), rejected(1, TokenKind.WRONG_SUBJECT));

    List<ProducerRecord<String, byte[]>> sent = kafka.sent("transactions");
    assertThat(sent).extracting(ProducerRecord::key).containsExactly("customer-0", "customer-1");
    assertThat(subject(sent.get(0))).isEqualTo("customer-0");
    assertThat(subject(sent.get(1))).isNotEqualTo("customer-1");
    assertThat(sent).allSatisfy(record -> assertThat(record.headers()).isEmpty());
  }

  @Test
  void recordsGoOutInTheirPlaces() throws Exception {
    run(
        kafka,
        options(),
        customer(0, Timing.FIRST),
        product(0, Timing.FIRST),
        accepted(0),
        product(1, Timing.IN_PLACE),
        accepted(1),
        new ProductUpdate(Kind.PRODUCT_DELETE, "product-1", null, Timing.IN_PLACE));

    assertThat(kafka.sent())
        .extracting(ProducerRecord::topic, ProducerRecord::key)
        .containsExactly(
            tuple("customers", "customer-0"),
            tuple("inventory", "product-0"),
            tuple("transactions", "customer-0"),
            tuple("inventory", "product-1"),
            tuple("transactions", "customer-1"),
            tuple("inventory", "product-1"));
    assertThat(kafka.sent().get(5).value()).isNull();
  }

  @Test
  void lateProductDoesNotHoldUpTransactionsAndComesAtTheEndAtTheLatest() throws Exception {
    stoppedClock(options().count(2), accepted(0), product(0, Timing.LATE), accepted(1), accepted(2))
        .run();

    assertThat(kafka.sent())
        .extracting(ProducerRecord::topic)
        .containsExactly("transactions", "transactions", "inventory");
  }

  @Test
  void productOfTheLastTransactionStillComes() throws Exception {
    stoppedClock(options().count(1), accepted(0), product(0, Timing.LATE), accepted(1)).run();

    assertThat(kafka.sent())
        .extracting(ProducerRecord::topic)
        .containsExactly("transactions", "inventory");
  }

  @Test
  void lateProductGoesOutWhileTheNextTransactionIsAwaited() throws Exception {
    AtomicLong millis = new AtomicLong();
    List<Long> sentAt = new ArrayList<>();
    FakeKafka timed =
        new FakeKafka() {
          @Override
          void beforeSend(ProducerRecord<String, byte[]> record) {
            sentAt.add(millis.get());
          }
        };
    new Simulation(
            timed,
            source(accepted(0), product(0, Timing.LATE), accepted(1)),
            TOKENS,
            options().rate(0.1),
            SimulationListener.NONE,
            () -> millis.addAndGet(10) * 1_000_000)
        .run();

    assertThat(timed.sent())
        .extracting(ProducerRecord::topic)
        .containsExactly("transactions", "inventory", "transactions");
    assertThat(sentAt.get(1) - sentAt.get(0)).isBetween(1_000L, 1_100L);
  }

  @Test
  void ledgerLineIsInTheFileBeforeItsTransactionIsSent() throws Exception {
    Path ledger = dir.resolve("ledger");
    List<String> missing = new ArrayList<>();
    FakeKafka watching =
        new FakeKafka() {
          @Override
          void beforeSend(ProducerRecord<String, byte[]> record) {
            String seq = seq(record);
            if (lines(ledger).stream().noneMatch(line -> line.startsWith(seq + ","))) {
              missing.add(seq);
            }
          }
        };

    SimulatedEvent[] many = new SimulatedEvent[600];
    Arrays.setAll(many, i -> accepted(i));
    run(watching, options().ledger(ledger), many);

    assertThat(watching.sent()).hasSize(600);
    assertThat(missing).isEmpty();
  }

  @Test
  void ledgerSaysWhatIsRightForEachNumber() throws Exception {
    Path ledger = dir.resolve("ledger");
    Transaction transaction = transaction(0);
    run(
        kafka,
        options().ledger(ledger),
        rejected(1, TokenKind.EXPIRED),
        Submission.first(Kind.ORDINARY, transaction, 0, RejectionReason.DUPLICATE_ID),
        Submission.repeat(
            Kind.DUPLICATE, transaction, Shape.REORDERED, 0, RejectionReason.DUPLICATE_ID));

    assertThat(kafka.sent()).extracting(SimulationTest::seq).containsExactly("0", "1", "2");
    List<LedgerEntry> entries = lines(ledger).stream().map(LedgerEntry::parse).toList();
    assertThat(entries).extracting(LedgerEntry::seq).containsExactly(0L, 1L, 2L);
    assertThat(entries).extracting(LedgerEntry::acceptances).containsExactly(0, 1, 1);
    assertThat(entries.get(0).allowed()).containsExactly("TOKEN_EXPIRED");
    assertThat(entries.get(1).allowed())
        .containsExactlyInAnyOrder("ACCEPTED", "DUPLICATE_ID")
        .isEqualTo(entries.get(2).allowed());
    assertThat(entries.get(1).group())
        .isEqualTo(entries.get(2).group())
        .isNotEqualTo(entries.get(0).group());
  }

  @Test
  void secondRunContinuesTheLedger() throws Exception {
    Path ledger = dir.resolve("ledger");
    run(kafka, options().ledger(ledger), accepted(0), accepted(1));
    run(new FakeKafka(), options().ledger(ledger), accepted(0), accepted(1));

    List<LedgerEntry> entries = lines(ledger).stream().map(LedgerEntry::parse).toList();
    assertThat(entries).extracting(LedgerEntry::seq).containsExactly(0L, 1L, 2L, 3L);
    assertThat(entries).extracting(LedgerEntry::group).doesNotHaveDuplicates();
  }

  @Test
  void endsAfterTheCount() throws Exception {
    SimulationSummary summary =
        run(kafka, options().count(2), accepted(0), accepted(1), accepted(2));

    assertThat(kafka.sent()).hasSize(2);
    assertThat(summary.sent()).isEqualTo(2);
  }

  @Test
  void endsAtTheDurationHoweverLateItIs() throws Exception {
    SimulatedEvent[] many = new SimulatedEvent[100];
    Arrays.setAll(many, i -> accepted(i));

    run(kafka, options().rate(1_000).duration(Duration.ofMillis(50)), many);

    assertThat(kafka.sent()).hasSize(50);
  }

  @Test
  void pauseWaitsBeforeGoingOn() throws Exception {
    long start = System.nanoTime();
    run(kafka, options(), product(0, Timing.FIRST), new Pause(Duration.ofMillis(50)));

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(50));
  }

  @Test
  void listenerHearsNumberTimeAndPosition() throws Exception {
    List<Long> seqs = new ArrayList<>();
    List<Long> times = new ArrayList<>();
    List<SourcePosition> positions = new ArrayList<>();

    new Simulation(
            kafka,
            source(accepted(0), accepted(1), accepted(2)),
            TOKENS,
            options().rate(1_000),
            (seq, intendedNanos, position) -> {
              seqs.add(seq);
              times.add(intendedNanos);
              positions.add(position);
            },
            System::nanoTime)
        .run();

    assertThat(seqs).containsExactly(0L, 1L, 2L);
    assertThat(times.get(1) - times.get(0)).isEqualTo(1_000_000);
    assertThat(times.get(2) - times.get(0)).isEqualTo(2_000_000);
    assertThat(positions)
        .containsExactly(
            new SourcePosition("transactions", 0, 0),
            new SourcePosition("transactions", 0, 1),
            new SourcePosition("transactions", 0, 2));
  }

  @Test
  void failedSendIsCountedAndTheRunGoesOn() throws Exception {
    List<Long> failed = new ArrayList<>();
    FakeKafka refusing =
        new FakeKafka() {
          @Override
          RuntimeException refusal(ProducerRecord<String, byte[]> record) {
            return record.key().equals("customer-1")
                ? new RecordTooLargeException("too large, on purpose")
                : null;
          }
        };

    SimulationSummary summary =
        new Simulation(
                refusing,
                source(customer(1, Timing.FIRST), accepted(0), accepted(1), accepted(2)),
                TOKENS,
                options(),
                new SimulationListener() {
                  @Override
                  public void onSent(long seq, long intendedNanos, SourcePosition position) {}

                  @Override
                  public void onFailure(long seq, Exception reason) {
                    failed.add(seq);
                  }
                },
                System::nanoTime)
            .run();

    assertThat(failed).containsExactly(1L);
    assertThat(summary.sent()).isEqualTo(3);
    assertThat(summary.acknowledged()).isEqualTo(2);
    assertThat(summary.failures()).isEqualTo(2);
    assertThat(summary.firstFailure()).contains("too large, on purpose");
    assertThat(summary.succeeded()).isFalse();
  }

  @Test
  void whatCameBeforeABadRowIsSent() {
    Iterator<SimulatedEvent> good = List.<SimulatedEvent>of(accepted(0), accepted(1)).iterator();
    EventSource source =
        () -> {
          if (good.hasNext()) {
            return good.next();
          }
          throw new IOException("line 3 is bad");
        };

    assertThatThrownBy(
            () ->
                new Simulation(
                        kafka, source, TOKENS, options(), SimulationListener.NONE, System::nanoTime)
                    .run())
        .isInstanceOf(IOException.class)
        .hasMessage("line 3 is bad");
    assertThat(kafka.sent()).hasSize(2);
  }

  @Test
  void stopEndsTheRunAndSendsTheLateProduct() throws Exception {
    Simulation simulation =
        simulation(kafka, options().rate(0.001), accepted(0), product(0, Timing.LATE), accepted(1));
    CompletableFuture<SimulationSummary> run = start(simulation);
    await().atMost(TIMEOUT).until(() -> simulation.progress().acknowledged() == 1);

    simulation.stop();

    assertThat(run.get().sent()).isEqualTo(1);
    assertThat(kafka.sent())
        .extracting(ProducerRecord::topic)
        .containsExactly("transactions", "inventory");
  }

  @Test
  void stoppedRunDoesNotMissTheRejectionsItDidNotWaitFor() throws Exception {
    Simulation simulation =
        simulation(kafka, options().retry(true).retryWait(TIMEOUT), rejected(0, TokenKind.EXPIRED));
    CompletableFuture<SimulationSummary> run = start(simulation);
    await().atMost(TIMEOUT).until(() -> simulation.progress().acknowledged() == 1);

    simulation.stop();

    assertThat(run.get().unanswered()).isZero();
  }

  @Test
  void connectionDoesNotShowItsProperties() {
    assertThat(
            new KafkaConnection(
                "host:1", Map.of("sasl.jaas.config", "hunter2"), TopicNames.DEFAULT))
        .asString()
        .contains("host:1")
        .doesNotContain("hunter2");
  }

  @Test
  void summaryCountsByKindAndExpectation() throws Exception {
    SimulationSummary summary =
        run(
            kafka,
            options(),
            customer(0, Timing.FIRST),
            product(0, Timing.FIRST),
            accepted(0),
            accepted(1),
            rejected(2, TokenKind.EXPIRED));

    assertThat(summary.sentByKind()).containsEntry("ORDINARY", 2L).containsEntry("EXPIRED", 1L);
    assertThat(summary.expected()).containsEntry("ACCEPTED", 2L).containsEntry("TOKEN_EXPIRED", 1L);
    assertThat(summary.referenceByKind()).containsEntry("ORDINARY", 2L);
    assertThat(summary.succeeded()).isTrue();
    Path file = dir.resolve("summary.json");
    summary.write(file);
    assertThat(Files.readString(file))
        .contains("\"sent\" : 3", "\"TOKEN_EXPIRED\" : 1", "\"first_failure\" : null");
  }

  @Test
  void rejectedForItsTokenIsSentAgainWithAFreshOneAndTheSameId() throws Exception {
    Path ledger = dir.resolve("ledger");
    Simulation simulation =
        simulation(
            kafka,
            options().retry(true).retryWait(TIMEOUT).ledger(ledger),
            rejected(0, TokenKind.EXPIRED),
            accepted(1));
    CompletableFuture<SimulationSummary> run = start(simulation);
    await().atMost(TIMEOUT).until(() -> simulation.progress().acknowledged() == 2);
    kafka.reject("no verdict".getBytes(StandardCharsets.UTF_8));
    kafka.reject(verdict("customer-7", "t-7", RejectionReason.TOKEN_EXPIRED));
    kafka.reject(verdict("customer-1", "t-1", RejectionReason.DUPLICATE_ID));
    kafka.reject(verdict("customer-0", "t-0", RejectionReason.TOKEN_EXPIRED));

    SimulationSummary summary = run.get();

    assertThat(kafka.required().get(0)).contains("verdicts.rejected");
    List<ProducerRecord<String, byte[]>> sent = kafka.sent("transactions");
    assertThat(sent).hasSize(3);
    assertThat(decode(sent.get(2)).transactionId()).isEqualTo("t-0");
    assertThat(decode(sent.get(2)).token())
        .isEqualTo(TOKENS.token(TokenKind.VALID, "customer-0"))
        .isNotEqualTo(decode(sent.get(0)).token());
    LedgerEntry entry = LedgerEntry.parse(lines(ledger).get(2));
    assertThat(entry.acceptances()).isEqualTo(1);
    assertThat(entry.allowed()).containsExactly("ACCEPTED");
    assertThat(lines(ledger).stream().map(line -> LedgerEntry.parse(line).group()))
        .doesNotHaveDuplicates();
    assertThat(summary.sentByKind()).containsEntry("RETRY", 1L);
    assertThat(summary.succeeded()).isTrue();
    assertThat(kafka.consumerClosed()).isTrue();
  }

  @Test
  void attemptsAreBounded() throws Exception {
    Simulation simulation =
        simulation(
            kafka,
            options().retry(true).retryWait(TIMEOUT),
            rejected(0, TokenKind.NOT_YET_VALID),
            rejected(1, TokenKind.NOT_YET_VALID));
    CompletableFuture<SimulationSummary> run = start(simulation);
    byte[] rejection = verdict("customer-0", "t-0", RejectionReason.TOKEN_NOT_YET_VALID);
    for (int sent = 2; sent < 2 + RetryClient.MAX_ATTEMPTS; sent++) {
      int before = sent;
      await().atMost(TIMEOUT).until(() -> simulation.progress().acknowledged() == before);
      kafka.reject(rejection);
    }
    kafka.reject(verdict("customer-1", "t-1", RejectionReason.TOKEN_NOT_YET_VALID));

    assertThat(run.get().sentByKind()).containsEntry("RETRY", RetryClient.MAX_ATTEMPTS - 1 + 1L);
  }

  @Test
  void rejectionThatNeverComesIsReported() throws Exception {
    SimulationSummary summary =
        run(kafka, options().retry(true).retryWait(Duration.ZERO), rejected(0, TokenKind.EXPIRED));

    assertThat(summary.unanswered()).isEqualTo(1);
    assertThat(summary.succeeded()).isFalse();
  }

  private static SimulationOptions options() {
    return new SimulationOptions();
  }

  private static SimulationSummary run(
      FakeKafka kafka, SimulationOptions options, SimulatedEvent... events) throws Exception {
    return simulation(kafka, options, events).run();
  }

  private static Simulation simulation(
      FakeKafka kafka, SimulationOptions options, SimulatedEvent... events) {
    return new Simulation(
        kafka, source(events), TOKENS, options, SimulationListener.NONE, System::nanoTime);
  }

  private Simulation stoppedClock(SimulationOptions options, SimulatedEvent... events) {
    return new Simulation(
        kafka, source(events), TOKENS, options, SimulationListener.NONE, () -> 1_000);
  }

  private static EventSource source(SimulatedEvent... events) {
    Iterator<SimulatedEvent> iterator = List.of(events).iterator();
    return () -> iterator.hasNext() ? iterator.next() : null;
  }

  private static CompletableFuture<SimulationSummary> start(Simulation simulation) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return simulation.run();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static Submission accepted(int number) {
    return Submission.accepted(Kind.ORDINARY, transaction(number), number);
  }

  private static Submission rejected(int number, TokenKind tokenKind) {
    return switch (tokenKind) {
      case EXPIRED ->
          Submission.rejected(
              Kind.EXPIRED, transaction(number), tokenKind, number, RejectionReason.TOKEN_EXPIRED);
      case NOT_YET_VALID ->
          Submission.rejected(
              Kind.NOT_YET_VALID,
              transaction(number),
              tokenKind,
              number,
              RejectionReason.TOKEN_NOT_YET_VALID);
      default ->
          Submission.rejected(
              Kind.WRONG_SUBJECT,
              transaction(number),
              tokenKind,
              number,
              RejectionReason.TOKEN_SUBJECT_MISMATCH);
    };
  }

  private static ProductUpdate product(int number, Timing timing) {
    return new ProductUpdate(
        Kind.ORDINARY, Catalog.productId(number), Catalog.product(number, 1, 1), timing);
  }

  private static CustomerUpdate customer(int number, Timing timing) {
    return new CustomerUpdate(Kind.ORDINARY, Catalog.customer(number, 1, 1), timing);
  }

  private static Transaction transaction(int number) {
    return new Transaction(
        "t-" + number, "customer-" + number, "product-0", 1, 100, "EUR", number, "");
  }

  private static byte[] verdict(String customerId, String transactionId, RejectionReason reason) {
    return VerdictCodec.encode(new Rejected(transactionId, customerId, reason, "why", 1, 2));
  }

  private static Transaction decode(ProducerRecord<String, byte[]> record) {
    return ((Decoded.Valid<Transaction>) TransactionCodec.decode(record.value())).record();
  }

  private static String subject(ProducerRecord<String, byte[]> record) throws Exception {
    return SignedJWT.parse(decode(record).token()).getJWTClaimsSet().getSubject();
  }

  private static String seq(ProducerRecord<String, byte[]> record) {
    Header header = record.headers().lastHeader(LedgerEntry.HEADER);
    return new String(header.value(), StandardCharsets.UTF_8);
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TokenIssuer tokens() {
    try {
      return new TokenIssuer(
          new ECKeyGenerator(Curve.P_256).keyID("k").generate(),
          TokenIssuer.DEFAULT_LIFETIME,
          Clock.systemUTC());
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }
}
