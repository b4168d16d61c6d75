package io.turnstile.cli.redrive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.turnstile.cli.redrive.RedriveReport.Obstacle;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.TokenClaims;
import io.turnstile.clients.TokenSigner;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.Outcome;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against a Kafka in memory, in which a job has judged as the test says. */
class RedriveTest {

  private static final TopicNames TOPICS = TopicNames.withPrefix("eu-");
  private static final String TOPIC_ID = "T0p1c";
  private static final int PARTITIONS = 3;
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final Duration LIFETIME = Duration.ofMinutes(5);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final byte[] KEY = {1, -1};

  private static TokenSigner tokens;

  private final MemoryConsumer inputs = new MemoryConsumer(TOPICS.transactions(), PARTITIONS);
  private final MemoryConsumer rejections = new MemoryConsumer(TOPICS.rejected(), 1);
  private final MemoryConsumer deadLetters = new MemoryConsumer(TOPICS.deadLetter(), 1);
  private MockProducer<byte[], byte[]> kafka = newProducer();
  private final List<ProducerRecord<byte[], byte[]>> committedBefore = new ArrayList<>();
  private long nextVerdict;
  private Set<String> asked = Set.of();
  private Instant since;
  private Duration window = Duration.ofHours(1);
  private long maxBytes = 1 << 20;

  @BeforeAll
  static void makeKey() throws Exception {
    tokens =
        new TokenSigner(
            new ECKeyGenerator(Curve.P_256).keyID("k").generate(), LIFETIME, TokenClaims.NONE);
  }

  @Test
  void retryableRejectionIsSentAnewAsItWasAndNamesItsOrigin() throws Exception {
    Headers headers = new RecordHeaders().add("traceparent", "00-1".getBytes(UTF_8));
    ConsumerRecord<byte[], byte[]> input = input(2, 7, transaction("t-1", NOW), headers);
    reject(input, RejectionReason.REFERENCE_UNAVAILABLE);
    RedriveReport report = run(Outcome.REJECTED);

    assertThat(kafka.history()).hasSize(2);
    ProducerRecord<byte[], byte[]> sent = kafka.history().get(0);
    assertThat(sent.topic()).isEqualTo("eu-transactions");
    assertThat(sent.partition()).isEqualTo(2);
    assertThat(sent.timestamp()).isNull();
    assertThat(sent.key()).isEqualTo(KEY);
    assertThat(sent.value()).isEqualTo(input.value());
    assertThat(sent.headers())
        .isEqualTo(
            new RecordHeaders()
                .add("traceparent", "00-1".getBytes(UTF_8))
                .add("redrive-of", "eu-transactions/2/7".getBytes(UTF_8))
                .add("redrive-first-received-at", timeOf(input)));
    ProducerRecord<byte[], byte[]> mark = kafka.history().get(1);
    assertThat(mark.topic()).isEqualTo("eu-transactions.redriven");
    assertThat(new String(mark.key(), UTF_8)).isEqualTo("rejected/eu-transactions/2/7");
    assertThat(new String(mark.value(), UTF_8)).isEqualTo("REFERENCE_UNAVAILABLE");
    assertThat(mark.headers())
        .isEqualTo(new RecordHeaders().add("topic-id", TOPIC_ID.getBytes(UTF_8)));
    assertThat(report.json().redrivenByCode()).containsExactly(entry("REFERENCE_UNAVAILABLE", 1));
    assertThat(report.json().unsent()).isEmpty();
  }

  @Test
  void onlyRetryableReasonsAreRedrivenUnlessOthersAreNamed() throws Exception {
    long offset = 0;
    for (RejectionReason reason : RejectionReason.values()) {
      reject(input(0, offset++, transaction("t-" + reason, NOW)), reason);
    }
    // Of the retryable ones, the expired token stays expired.
    assertThat(run(Outcome.REJECTED).json().redrivenByCode().keySet())
        .containsExactly("REFERENCE_UNAVAILABLE", "TOKEN_NOT_YET_VALID");
    asked = Set.of("UNKNOWN_PRODUCT");
    assertThat(run(Outcome.REJECTED).json().redrivenByCode().keySet())
        .containsExactly("UNKNOWN_PRODUCT");
  }

  /** Its sender may have sent it again, and the job may have forgotten that it accepted that. */
  @Test
  void rejectedInputThatIsOlderThanTheDedupWindowIsReportedAndNotSent() throws Exception {
    long oldest = NOW.minus(window).toEpochMilli();
    for (int i = 0; i < 2; i++) {
      ConsumerRecord<byte[], byte[]> input =
          record(
              0,
              i,
              oldest - 1 + i,
              TransactionCodec.encode(transaction("t-" + i, NOW)),
              new RecordHeaders());
      inputs.append(input);
      reject(input, RejectionReason.REFERENCE_UNAVAILABLE);
    }
    RedriveReport report = run(Outcome.REJECTED);
    assertThat(origins()).containsExactly("eu-transactions/0/1");
    assertThat(report.json().notRedriven()).containsExactly(entry(Obstacle.WINDOW_OVER, 1));
    window = null;
    assertThat(run(Outcome.REJECTED).json().redriven()).isOne();
    assertThat(origins()).containsExactly("eu-transactions/0/1", "eu-transactions/0/0");
  }

  @Test
  void duplicatesAreNeverRedriven() {
    for (RejectionReason reason :
        List.of(
            RejectionReason.DUPLICATE_ID,
            RejectionReason.ID_CONFLICT,
            RejectionReason.DUPLICATE_CONTENT,
            RejectionReason.TOKEN_SUBJECT_MISMATCH)) {
      assertThatThrownBy(() -> RedriveSelection.codes(Outcome.REJECTED, List.of(reason.name())))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("--reason " + reason + " is not redriven from rejected, only ");
    }
  }

  @Test
  void tokenThatIsExpiredOrNotYetValidIsReportedAndNotSent() throws Exception {
    Duration skew = Duration.ofSeconds(30);
    Instant justExpired = NOW.minus(LIFETIME).minus(skew);
    reject(input(0, 0, transaction("t-1", justExpired)), RejectionReason.REFERENCE_UNAVAILABLE);
    reject(
        input(0, 1, transaction("t-2", justExpired.plusSeconds(1))),
        RejectionReason.REFERENCE_UNAVAILABLE);
    reject(input(0, 2, transaction("t-3", "a.b.c")), RejectionReason.REFERENCE_UNAVAILABLE);
    RedriveReport report = run(Outcome.REJECTED);
    assertThat(origins()).containsExactly("eu-transactions/0/1");
    assertThat(report.json().unsent())
        .extracting(RedriveReport.Unsent::origin, RedriveReport.Unsent::obstacle)
        .containsExactly(
            tuple("eu-transactions/0/0", Obstacle.TOKEN_EXPIRED),
            tuple("eu-transactions/0/2", Obstacle.TOKEN_INVALID));
    assertThat(report.toText())
        .contains("TOKEN_EXPIRED", "only its sender")
        .doesNotContain("a.b.c");
  }

  @Test
  void inputThatIsNoLongerThereIsReportedAndNotSent() throws Exception {
    reject(input(0, 0, transaction("t-1", NOW)), RejectionReason.REFERENCE_UNAVAILABLE);
    reject(input(0, 1, transaction("t-2", NOW)), RejectionReason.REFERENCE_UNAVAILABLE);
    // At its place stands a record of another topic of the same name.
    ConsumerRecord<byte[], byte[]> other = input(1, 0, transaction("t-3", NOW));
    reject(
        record(1, 0, other.timestamp() - 1, other.value(), new RecordHeaders()),
        RejectionReason.REFERENCE_UNAVAILABLE);
    input(0, 2, transaction("t-4", NOW));
    inputs.deleteBefore(new TopicPartition(TOPICS.transactions(), 0), 1);
    RedriveReport report = run(Outcome.REJECTED);
    assertThat(origins()).containsExactly("eu-transactions/0/1");
    assertThat(report.json().notRedriven()).containsExactly(entry(Obstacle.GONE, 2));
  }

  @Test
  void deadLetterThatCanBeReadByNowIsSentFromItselfWithItsHeaders() throws Exception {
    Headers headers = new RecordHeaders().add("a", "1".getBytes(UTF_8)).add("a", null);
    VerdictHeaders.add(headers, "source-offset", "99");
    byte[] value = TransactionCodec.encode(transaction("t-1", NOW));
    deadLetter(record(1, 5, 1, value, headers), DeadLetterCode.SCHEMA_VIOLATION);
    deadLetter(record(1, 6, 1, new byte[] {'{'}, headers), DeadLetterCode.MALFORMED_JSON);
    deadLetter(record(1, 7, 1, null, headers), DeadLetterCode.MALFORMED_JSON);
    RedriveReport report = run(Outcome.DEAD_LETTER);
    assertThat(origins()).containsExactly("eu-transactions/1/5");
    ProducerRecord<byte[], byte[]> sent = kafka.history().get(0);
    assertThat(sent.value()).isEqualTo(value);
    assertThat(sent.key()).isEqualTo(KEY);
    headers.add("redrive-of", "eu-transactions/1/5".getBytes(UTF_8));
    assertThat(sent.headers()).isEqualTo(headers);
    assertThat(report.json().notRedriven()).containsExactly(entry(Obstacle.UNREADABLE, 2));
  }

  /** A transaction that can be accepted: its sender may have sent it again. */
  @Test
  void deadLetterOfAVerdictThatADatabaseRefusedIsSentWithinTheDedupWindow() throws Exception {
    byte[] value = TransactionCodec.encode(transaction("t-1", NOW));
    long oldest = NOW.minus(window).toEpochMilli();
    for (int i = 0; i < 2; i++) {
      deadLetter(
          record(0, i, oldest - 1 + i, value, new RecordHeaders()),
          DeadLetterCode.REFUSED_BY_DATABASE);
    }
    RedriveReport report = run(Outcome.DEAD_LETTER);
    assertThat(origins()).containsExactly("eu-transactions/0/1");
    assertThat(
            VerdictHeaders.number(kafka.history().get(0).headers(), InputHeaders.FIRST_RECEIVED_AT))
        .isEqualTo(oldest);
    assertThat(report.json().notRedriven()).containsExactly(entry(Obstacle.WINDOW_OVER, 1));
  }

  @Test
  void deadLetterThatLacksHeadersIsReadFromTheLogOrReported() throws Exception {
    Headers headers = new RecordHeaders();
    for (int i = 0; i <= InputHeaders.MAX_HEADERS; i++) {
      headers.add("h", new byte[] {(byte) i});
    }
    deadLetter(input(0, 0, transaction("t-0", NOW), headers), DeadLetterCode.SCHEMA_VIOLATION);
    deadLetter(input(0, 1, transaction("t-1", NOW), headers), DeadLetterCode.SCHEMA_VIOLATION);
    // At its place stands a record of another topic of the same name.
    input(0, 2, transaction("t-other", NOW), headers);
    deadLetter(
        record(0, 2, 1, TransactionCodec.encode(transaction("t-2", NOW)), headers),
        DeadLetterCode.SCHEMA_VIOLATION);
    inputs.deleteBefore(new TopicPartition(TOPICS.transactions(), 0), 1);
    RedriveReport report = run(Outcome.DEAD_LETTER);
    assertThat(origins()).containsExactly("eu-transactions/0/1");
    assertThat(kafka.history().get(0).headers())
        .isEqualTo(headers.add("redrive-of", "eu-transactions/0/1".getBytes(UTF_8)));
    assertThat(report.json().notRedriven()).containsExactly(entry(Obstacle.INCOMPLETE, 2));
  }

  /** A sender may fill a record up to the limit: that must not be in the way of the others. */
  @Test
  void inputThatHasNoRoomForTheHeadersOfARedriveIsReportedAndNotSent() throws Exception {
    Headers full = new RecordHeaders().add("x", new byte[2_000]);
    reject(input(0, 0, transaction("t-1", NOW), full), RejectionReason.REFERENCE_UNAVAILABLE);
    reject(input(0, 1, transaction("t-2", NOW)), RejectionReason.REFERENCE_UNAVAILABLE);
    maxBytes = 2_000;
    assertThat(run(Outcome.REJECTED).json().notRedriven())
        .containsExactly(entry(Obstacle.TOO_LARGE, 1));
    assertThat(origins()).containsExactly("eu-transactions/0/1");
  }

  @Test
  void secondRunSendsNothingTwice() throws Exception {
    for (int i = 0; i < 25; i++) {
      reject(
          input(i % PARTITIONS, i, transaction("t-" + i, NOW)),
          RejectionReason.REFERENCE_UNAVAILABLE);
    }
    assertThat(run(Outcome.REJECTED).json().redriven()).isEqualTo(25);
    reject(input(0, 100, transaction("t-new", NOW)), RejectionReason.REFERENCE_UNAVAILABLE);
    RedriveReport second = run(Outcome.REJECTED);
    assertThat(second.json().redriven()).isOne();
    assertThat(second.json().alreadyRedriven()).isEqualTo(25);
    assertThat(origins()).hasSize(26).doesNotHaveDuplicates();
  }

  /** Killed at any place of a commit: what is committed has its mark, the rest is sent again. */
  @Test
  void runThatWasKilledIsContinuedByTheNext() throws Exception {
    for (int i = 0; i < 25; i++) {
      reject(
          input(i % PARTITIONS, i, transaction("t-" + i, NOW)),
          RejectionReason.REFERENCE_UNAVAILABLE);
    }
    RedriveProducer first = redriveProducer(kafka);
    first.takeOver();
    int[] left = {17};
    assertThatThrownBy(
            () ->
                run(
                    Outcome.REJECTED,
                    new HashSet<>(),
                    origin -> {
                      if (left[0]-- == 0) {
                        throw new IllegalStateException("killed");
                      }
                      first.send(origin);
                    }))
        .hasMessage("killed");
    int committed = origins().size();
    assertThat(committed).as("whole batches").isEqualTo(10);

    assertThat(run(Outcome.REJECTED).json().redriven()).isEqualTo(25 - committed);
    assertThat(origins()).hasSize(25).doesNotHaveDuplicates();
  }

  @Test
  void runThatAnotherHasOvertakenCommitsNothingMore() throws Exception {
    reject(input(0, 0, transaction("t-1", NOW)), RejectionReason.REFERENCE_UNAVAILABLE);
    RedriveProducer first = redriveProducer(kafka);
    first.takeOver();
    kafka.fenceProducer();
    assertThatThrownBy(
            () -> {
              run(Outcome.REJECTED, new HashSet<>(), first::send);
              first.commit();
            })
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("another redrive of eu-transactions has begun since");
    first.close();
    assertThat(kafka.history()).isEmpty();
  }

  @Test
  void redrivenInputIsAnOriginOfItsOwn() throws Exception {
    Headers headers = new RecordHeaders();
    VerdictHeaders.add(headers, InputHeaders.REDRIVE_OF, "eu-transactions/0/0");
    ConsumerRecord<byte[], byte[]> input = input(0, 5, transaction("t-1", NOW), headers);
    reject(input, RejectionReason.REFERENCE_UNAVAILABLE);
    run(Outcome.REJECTED);
    assertThat(kafka.history().get(0).headers())
        .isEqualTo(
            new RecordHeaders()
                .add("redrive-of", "eu-transactions/0/5".getBytes(UTF_8))
                .add("redrive-first-received-at", timeOf(input)));
  }

  /** Else it could be redriven for ever, if it is rejected each time. */
  @Test
  void redrivenInputIsAsOldAsTheFirstThatItRepeats() throws Exception {
    long oldest = NOW.minus(window).toEpochMilli();
    String future = Long.toString(NOW.plusSeconds(1).toEpochMilli());
    long offset = 0;
    for (String first : List.of(Long.toString(oldest - 1), Long.toString(oldest), future, "x")) {
      Headers headers = new RecordHeaders();
      VerdictHeaders.add(headers, InputHeaders.FIRST_RECEIVED_AT, first);
      reject(
          input(0, offset++, transaction("t-" + first, NOW), headers),
          RejectionReason.REFERENCE_UNAVAILABLE);
    }
    RedriveReport report = run(Outcome.REJECTED);
    assertThat(report.json().notRedriven()).containsExactly(entry(Obstacle.WINDOW_OVER, 1));
    assertThat(origins())
        .containsExactly("eu-transactions/0/1", "eu-transactions/0/2", "eu-transactions/0/3");
    List<Long> times =
        kafka.history().stream()
            .filter(record -> record.topic().equals(TOPICS.transactions()))
            .map(record -> VerdictHeaders.number(record.headers(), InputHeaders.FIRST_RECEIVED_AT))
            .toList();
    assertThat(times)
        .as("forged ones make no input younger")
        .containsExactly(oldest, NOW.toEpochMilli() - 998, NOW.toEpochMilli() - 997);
  }

  /** The dead letter may be about a topic of the same name that was deleted. */
  @Test
  void deadLetterAndRejectedInputAtTheSamePositionAreTwo() throws Exception {
    byte[] value = TransactionCodec.encode(transaction("t-1", NOW));
    deadLetter(record(0, 0, 1, value, new RecordHeaders()), DeadLetterCode.SCHEMA_VIOLATION);
    assertThat(run(Outcome.DEAD_LETTER).json().redriven()).isOne();
    reject(input(0, 0, transaction("t-2", NOW)), RejectionReason.REFERENCE_UNAVAILABLE);
    assertThat(run(Outcome.REJECTED).json().redriven()).isOne();
    assertThat(run(Outcome.DEAD_LETTER).json().alreadyRedriven()).isOne();
    assertThat(run(Outcome.REJECTED).json().alreadyRedriven()).isOne();
  }

  @Test
  void recordOfAnEarlierBuildIsAboutAnyOutcome() throws Exception {
    reject(input(0, 0, transaction("t-1", NOW)), RejectionReason.REFERENCE_UNAVAILABLE);
    List<Origin> sent = new ArrayList<>();
    run(Outcome.REJECTED, new HashSet<>(Set.of("eu-transactions/0/0")), sent::add);
    assertThat(sent).isEmpty();
  }

  @Test
  void forgedMentionOfAnOriginDoesNotKeepItFromBeingRedriven() throws Exception {
    reject(input(0, 0, transaction("t-1", NOW)), RejectionReason.REFERENCE_UNAVAILABLE);
    Headers forged = new RecordHeaders();
    VerdictHeaders.add(forged, InputHeaders.REDRIVE_OF, "eu-transactions/0/0");
    input(0, 1, transaction("t-2", NOW), forged);
    assertThat(run(Outcome.REJECTED).json().redriven()).isOne();
  }

  @Test
  void verdictsBeforeTheGivenTimeAreLeftOut() throws Exception {
    reject(input(0, 0, transaction("t-1", NOW)), RejectionReason.REFERENCE_UNAVAILABLE);
    reject(input(0, 1, transaction("t-2", NOW)), RejectionReason.REFERENCE_UNAVAILABLE);
    since = NOW.plusMillis(1);
    run(Outcome.REJECTED);
    assertThat(origins()).containsExactly("eu-transactions/0/1");
    since = NOW.plusMillis(2);
    assertThat(run(Outcome.REJECTED).json().alreadyRedriven()).isZero();
  }

  @Test
  void verdictsAboutAnotherTopicAreRefused() {
    deadLetter(
        new ConsumerRecord<>("transactions", 0, 0, KEY, new byte[0]),
        DeadLetterCode.MALFORMED_JSON);
    assertThatThrownBy(() -> run(Outcome.DEAD_LETTER))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("about topic transactions, not eu-transactions");
  }

  @Test
  void recordThatIsNoVerdictIsNamed() {
    rejections.append(
        MemoryConsumer.record(
            new TopicPartition(TOPICS.rejected(), 0), 3, 1, KEY, null, new RecordHeaders()));
    assertThatThrownBy(() -> run(Outcome.REJECTED))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("eu-verdicts.rejected/0/3 is no verdict");
  }

  @Test
  void recordWithoutValueLetsAnInputBeSentAnewOnceMore() {
    MemoryConsumer log = new MemoryConsumer(TOPICS.redriven(), 1);
    TopicPartition at = new TopicPartition(TOPICS.redriven(), 0);
    byte[] a = "a".getBytes(UTF_8);
    log.append(MemoryConsumer.record(at, 0, 1, a, a, new RecordHeaders()));
    log.append(MemoryConsumer.record(at, 1, 1, "b".getBytes(UTF_8), a, new RecordHeaders()));
    log.append(MemoryConsumer.record(at, 2, 1, a, null, new RecordHeaders()));
    Set<String> redriven = new HashSet<>();
    RedriveLog.read(
        new CommittedVerdicts<>(log, List.of(TOPICS.redriven())), TOPIC_ID, PATIENCE, redriven);
    assertThat(redriven).containsExactly("b");
  }

  @Test
  void recordAboutADeletedTopicOfTheSameNameDoesNotCountForARejectedInput() {
    assertThat(redrivenAccordingToTwoTopics(TOPIC_ID)).containsExactly("a");
    assertThat(redrivenAccordingToTwoTopics(null)).containsExactlyInAnyOrder("a", "b");
  }

  private static Set<String> redrivenAccordingToTwoTopics(String topicId) {
    MemoryConsumer log = new MemoryConsumer(TOPICS.redriven(), 1);
    TopicPartition at = new TopicPartition(TOPICS.redriven(), 0);
    byte[] code = {'c'};
    Headers today = new RecordHeaders().add("topic-id", TOPIC_ID.getBytes(UTF_8));
    Headers before = new RecordHeaders().add("topic-id", "0ther".getBytes(UTF_8));
    log.append(MemoryConsumer.record(at, 0, 1, "a".getBytes(UTF_8), code, today));
    log.append(MemoryConsumer.record(at, 1, 1, "b".getBytes(UTF_8), code, before));
    Set<String> redriven = new HashSet<>();
    RedriveLog.read(
        new CommittedVerdicts<>(log, List.of(TOPICS.redriven())), topicId, PATIENCE, redriven);
    return redriven;
  }

  /** One run of the command, which knows what earlier ones have committed. */
  private RedriveReport run(Outcome from) throws Exception {
    Set<String> redriven = marks().collect(Collectors.toCollection(HashSet::new));
    committedBefore.addAll(kafka.history());
    kafka = newProducer();
    RedriveReport report = new RedriveReport(false);
    RedriveProducer producer = redriveProducer(kafka, origin -> report.sent(origin.code()));
    producer.takeOver();
    run(from, redriven, producer::send, report);
    producer.commit();
    return report;
  }

  private void run(Outcome from, Set<String> redriven, Redrive.Target target) throws Exception {
    run(from, redriven, target, new RedriveReport(false));
  }

  private void run(Outcome from, Set<String> redriven, Redrive.Target target, RedriveReport report)
      throws Exception {
    new Redrive(
            new RedriveSelection(
                TOPICS.transactions(),
                from,
                RedriveSelection.codes(from, asked),
                since,
                Duration.ofSeconds(30),
                window),
            redriven,
            target,
            maxBytes,
            () -> NOW,
            report)
        .run(
            new CommittedVerdicts<>(
                from == Outcome.REJECTED ? rejections : deadLetters, List.of(TOPICS.verdict(from))),
            new SourceInputs(inputs, PATIENCE),
            PATIENCE,
            () -> {});
  }

  /** As the log has them, of what was committed. */
  private Stream<String> marks() {
    return Stream.concat(committedBefore.stream(), kafka.history().stream())
        .filter(record -> record.topic().equals(TOPICS.redriven()))
        .map(record -> new String(record.key(), UTF_8));
  }

  /** The positions in the marks. */
  private List<String> origins() {
    return marks().map(mark -> mark.substring(mark.indexOf('/') + 1)).toList();
  }

  private static byte[] timeOf(ConsumerRecord<byte[], byte[]> input) {
    return Long.toString(input.timestamp()).getBytes(UTF_8);
  }

  private static RedriveProducer redriveProducer(MockProducer<byte[], byte[]> producer) {
    return redriveProducer(producer, origin -> {});
  }

  private static RedriveProducer redriveProducer(
      MockProducer<byte[], byte[]> producer, Consumer<Origin> committed) {
    return new RedriveProducer(
        producer, TOPICS, TOPIC_ID, 100, PATIENCE, committed, () -> 0, nanos -> {});
  }

  private static MockProducer<byte[], byte[]> newProducer() {
    return new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static Transaction transaction(String id, Instant issuedAt) {
    return transaction(id, tokens.sign("c", issuedAt));
  }

  private static Transaction transaction(String id, String token) {
    return new Transaction(id, "c", "p", 1, 1, "EUR", 1, token);
  }

  private ConsumerRecord<byte[], byte[]> input(int partition, long offset, Transaction content) {
    return input(partition, offset, content, new RecordHeaders());
  }

  private ConsumerRecord<byte[], byte[]> input(
      int partition, long offset, Transaction content, Headers headers) {
    ConsumerRecord<byte[], byte[]> input =
        record(
            partition,
            offset,
            NOW.toEpochMilli() - 1_000 + offset,
            TransactionCodec.encode(content),
            headers);
    inputs.append(input);
    return input;
  }

  private static ConsumerRecord<byte[], byte[]> record(
      int partition, long offset, long time, byte[] value, Headers headers) {
    return MemoryConsumer.record(
        new TopicPartition(TOPICS.transactions(), partition), offset, time, KEY, value, headers);
  }

  private void reject(ConsumerRecord<byte[], byte[]> input, RejectionReason reason) {
    byte[] value =
        VerdictCodec.encode(new Rejected("t", "c", reason, "why", input.timestamp(), 2_000));
    Headers headers = new RecordHeaders();
    VerdictHeaders.write(headers, position(input), Outcome.REJECTED);
    append(rejections, TOPICS.rejected(), nextTime(), input.key(), value, headers);
  }

  private void deadLetter(ConsumerRecord<byte[], byte[]> input, DeadLetterCode code) {
    Headers headers = InputHeaders.toDeadLetter(input.headers());
    VerdictHeaders.write(headers, position(input), Outcome.DEAD_LETTER);
    VerdictHeaders.add(headers, VerdictHeaders.ERROR_CODE, code.name());
    // In a table, the time is that of the input.
    boolean row = code == DeadLetterCode.REFUSED_BY_DATABASE;
    append(
        deadLetters,
        TOPICS.deadLetter(),
        row ? input.timestamp() : nextTime(),
        input.key(),
        input.value(),
        headers);
  }

  private long nextTime() {
    return NOW.plusMillis(nextVerdict).toEpochMilli();
  }

  private void append(
      MemoryConsumer to, String topic, long time, byte[] key, byte[] value, Headers headers) {
    to.append(
        MemoryConsumer.record(
            new TopicPartition(topic, 0), nextVerdict++, time, key, value, headers));
  }

  private static SourcePosition position(ConsumerRecord<?, ?> record) {
    return new SourcePosition(record.topic(), record.partition(), record.offset());
  }

  private static <K> Map.Entry<K, Long> entry(K key, long count) {
    return Map.entry(key, count);
  }
}
