package io.turnstile.testbed.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.clients.postgresql.TableVerdicts;
import io.turnstile.clients.postgresql.VerdictLookup;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.testbed.DatabaseServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The reader of verdicts in PostgreSQL, on a real one. */
class TableVerdictsIT {

  private static final TopicNames TOPICS = TopicNames.DEFAULT;
  private static final Duration SHORT = Duration.ofMillis(50);

  private static PostgresqlServer server;

  private final List<CommittedVerdicts<byte[]>> readers = new ArrayList<>();
  private String database;

  @BeforeAll
  static void start() {
    server = PostgresqlServer.start(Path.of("target", "postgresql"), 2, Map.of());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void createJournal() throws Exception {
    database = server.createJournal();
  }

  @AfterEach
  void close() {
    readers.forEach(CommittedVerdicts::close);
  }

  private CommittedVerdicts<byte[]> reader(String... topics) {
    PostgresqlSource source =
        new PostgresqlSource(server.url(database), DatabaseServer.JOB_USER, null);
    CommittedVerdicts<byte[]> reader =
        new CommittedVerdicts<>(
            new TableVerdicts<>(source, TOPICS, List.of(topics), bytes -> bytes));
    readers.add(reader);
    return reader;
  }

  private CommittedVerdicts<byte[]> readerOfAll() {
    return reader(TOPICS.verdicts().toArray(String[]::new));
  }

  /** Verdicts of a lane, of the inputs with their numbers as offsets. */
  private void insert(int lane, int from, int to, String outcome) throws SQLException {
    execute(
        "INSERT INTO turnstile.verdict (lane, lane_seq, source_topic, source_partition,"
            + " source_offset, outcome, reason, customer_id, received_at, decided_at, value,"
            + " error_message) SELECT "
            + lane
            + ", i, 'transactions', "
            + lane
            + ", i, '"
            + outcome
            + "', 'MALFORMED_JSON', 'c', to_timestamp(i), to_timestamp(i), 'v'::bytea, 'e' FROM"
            + " generate_series("
            + from
            + ", "
            + to
            + ") i");
    execute("UPDATE turnstile.lane SET last_seq = " + to + " WHERE lane = " + lane);
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static List<Long> numbers(Iterable<ConsumerRecord<byte[], byte[]>> records) {
    List<Long> numbers = new ArrayList<>();
    records.forEach(record -> numbers.add(record.offset()));
    return numbers;
  }

  @Test
  void verdictsAreAsInTheTopics() throws Exception {
    insert(1, 1, 1, "dead-letter");
    CommittedVerdicts<byte[]> reader = readerOfAll();
    reader.seekToBeginning();
    ConsumerRecord<byte[], byte[]> record = reader.poll(SHORT).iterator().next();
    assertThat(record.topic()).isEqualTo(TOPICS.deadLetter());
    assertThat(record.partition()).isEqualTo(1);
    assertThat(record.offset()).isEqualTo(1);
    assertThat(record.timestamp()).isEqualTo(1_000);
    assertThat(record.key()).asString().isEqualTo("c");
    assertThat(record.value()).asString().isEqualTo("v");
    assertThat(VerdictHeaders.position(record.headers()))
        .isEqualTo(new SourcePosition("transactions", 1, 1));
    assertThat(VerdictHeaders.number(record.headers(), VerdictHeaders.LANE_SEQ)).isOne();
    assertThat(VerdictHeaders.required(record.headers(), VerdictHeaders.ERROR_CODE))
        .isEqualTo("MALFORMED_JSON");
  }

  @Test
  void deadLetterHasTheHeadersOfItsInput() throws Exception {
    insert(1, 1, 1, "dead-letter");
    execute(
        "UPDATE turnstile.verdict SET input_headers ="
            + " convert_to('[\"input.a\",\"AQI=\",\"input.b\",null]', 'UTF8')");
    CommittedVerdicts<byte[]> reader = readerOfAll();
    reader.seekToBeginning();
    assertThat(InputHeaders.carried(reader.poll(SHORT).iterator().next().headers()))
        .isEqualTo(new RecordHeaders().add("input.a", new byte[] {1, 2}).add("input.b", null));
  }

  @Test
  void verdictOfAnInputIsFoundByItsPosition() throws Exception {
    insert(1, 1, 3, "accepted");
    VerdictLookup lookup =
        new VerdictLookup(
            new PostgresqlSource(server.url(database), PostgresqlServer.JOB_USER, null), TOPICS);
    ConsumerRecord<byte[], byte[]> record =
        lookup.find(new SourcePosition("transactions", 1, 2)).orElseThrow();
    assertThat(record.topic()).isEqualTo(TOPICS.accepted());
    assertThat(record.offset()).isEqualTo(2);
    assertThat(record.value()).asString().isEqualTo("v");
    assertThat(VerdictHeaders.position(record.headers()))
        .isEqualTo(new SourcePosition("transactions", 1, 2));
    assertThat(lookup.find(new SourcePosition("transactions", 1, 4))).isEmpty();
  }

  @Test
  void eachSeekBeginsWhereItSays() throws Exception {
    insert(0, 1, 10, "accepted");
    CommittedVerdicts<byte[]> all = readerOfAll();
    all.seekToBeginning();
    assertThat(numbers(all.poll(SHORT))).hasSize(10).isSorted();
    CommittedVerdicts<byte[]> since = readerOfAll();
    since.seekToTime(Instant.ofEpochSecond(9));
    assertThat(numbers(since.poll(SHORT))).containsExactly(9L, 10L);
    CommittedVerdicts<byte[]> fromNowOn = readerOfAll();
    fromNowOn.seekToEnd();
    assertThat(fromNowOn.poll(SHORT)).isEmpty();
    insert(0, 11, 12, "accepted");
    assertThat(numbers(fromNowOn.poll(SHORT))).containsExactly(11L, 12L);
    assertThat(numbers(all.poll(SHORT))).containsExactly(11L, 12L);
  }

  @Test
  void otherTopicsAreSkipped() throws Exception {
    insert(0, 1, 3, "accepted");
    insert(0, 4, 4, "rejected");
    CommittedVerdicts<byte[]> reader = reader(TOPICS.rejected());
    reader.seekToBeginning();
    assertThat(numbers(reader.poll(SHORT))).containsExactly(4L);
  }

  @Test
  void readsToTheEndOverSeveralPages() throws Exception {
    insert(0, 1, 12_000, "accepted");
    insert(1, 1, 3, "rejected");
    CommittedVerdicts<byte[]> reader = readerOfAll();
    reader.seekToBeginning();
    List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
    Map<TopicPartition, Long> ends = reader.readToEnd(Duration.ofSeconds(30), read::addAll);
    assertThat(read).hasSize(12_003);
    assertThat(ends).containsEntry(new TopicPartition(TOPICS.accepted(), 0), 12_001L);
  }

  @Test
  void outageIsWaitedOut() throws Exception {
    CommittedVerdicts<byte[]> reader = readerOfAll();
    reader.seekToBeginning();
    BlockingQueue<Long> read = new LinkedBlockingQueue<>();
    reader.start("reader", (record, nanos) -> read.add(record.offset()));
    insert(0, 1, 1, "accepted");
    assertThat(read.poll(30, TimeUnit.SECONDS)).isEqualTo(1);
    server.kill();
    server.restart();
    insert(0, 2, 2, "accepted");
    assertThat(read.poll(30, TimeUnit.SECONDS)).isEqualTo(2);
    reader.requireReading();
  }

  @Test
  void verdictsThatWereDeletedUnreadAreNotSkippedInSilence() throws Exception {
    CommittedVerdicts<byte[]> reader = readerOfAll();
    reader.seekToEnd();
    insert(0, 1, 5, "accepted");
    execute("DELETE FROM turnstile.verdict WHERE lane_seq < 3");
    assertThatThrownBy(() -> reader.poll(SHORT))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("lane 0: verdicts from lane_seq 1 to 2 were deleted");
    CommittedVerdicts<byte[]> late = readerOfAll();
    late.seekToBeginning();
    assertThat(numbers(late.poll(SHORT))).containsExactly(3L, 4L, 5L);
  }

  @Test
  void pageOfLargeVerdictsIsShort() throws Exception {
    insert(0, 1, 40, "accepted");
    execute("UPDATE turnstile.verdict SET value = convert_to(repeat('v', 1 << 20), 'UTF8')");
    CommittedVerdicts<byte[]> reader = readerOfAll();
    reader.seekToBeginning();
    assertThat(numbers(reader.poll(SHORT))).hasSizeBetween(1, 20).startsWith(1L);
    List<ConsumerRecord<byte[], byte[]>> rest = new ArrayList<>();
    reader.readToEnd(Duration.ofSeconds(30), rest::addAll);
    assertThat(numbers(rest)).endsWith(40L);
  }

  /** As a fail-over to a replica that lacks the newest does, which gets others in their place. */
  private void failOver(int last, int next) throws SQLException {
    execute("DELETE FROM turnstile.verdict WHERE lane = 0 AND lane_seq > " + last);
    execute("UPDATE turnstile.lane SET last_seq = " + last + " WHERE lane = 0");
    if (next > last) {
      insert(0, last + 1, next, "accepted");
      // Decided anew, and so later.
      execute(
          "UPDATE turnstile.verdict SET decided_at = decided_at + interval '1 hour'"
              + " WHERE lane_seq > "
              + last);
    }
    endReaders();
  }

  private static void endReaders() throws SQLException {
    server.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            + " WHERE application_name = 'turnstile-reader'");
  }

  @Test
  void serverThatLacksWhatWasReadIsNoticed() throws Exception {
    insert(0, 1, 5, "accepted");
    CommittedVerdicts<byte[]> reader = readerOfAll();
    reader.seekToBeginning();
    assertThat(numbers(reader.poll(SHORT))).hasSize(5);
    failOver(3, 3);
    assertThatThrownBy(() -> reader.poll(Duration.ofSeconds(30)))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining(
            "ends at lane_seq 3 and lacks verdicts that were read before, up to 5");
    reader.seekToBeginning();
    assertThat(numbers(reader.poll(SHORT))).hasSize(3);
  }

  @Test
  void serverThatHasOtherVerdictsUnderTheirNumbersIsNoticed() throws Exception {
    insert(0, 1, 5, "accepted");
    CommittedVerdicts<byte[]> reader = readerOfAll();
    reader.seekToEnd();
    failOver(3, 9);
    assertThatThrownBy(() -> reader.poll(Duration.ofSeconds(30)))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("or has others in their place");
  }

  @Test
  void failOverThatLosesNothingIsWaitedOut() throws Exception {
    insert(0, 1, 5, "accepted");
    CommittedVerdicts<byte[]> reader = readerOfAll();
    reader.seekToEnd();
    failOver(5, 5);
    insert(0, 6, 7, "accepted");
    assertThat(numbers(reader.poll(Duration.ofSeconds(30)))).containsExactly(6L, 7L);
  }

  /** As VACUUM FULL does: without a limit, statements would pile up behind it in the server. */
  @Test
  void serverEndsAStatementThatWaitsForALock() throws Exception {
    try (Connection lock = server.connect(database);
        Statement statement = lock.createStatement()) {
      lock.setAutoCommit(false);
      statement.execute("LOCK TABLE turnstile.lane IN ACCESS EXCLUSIVE MODE");
      PostgresqlSource source =
          new PostgresqlSource(server.url(database), DatabaseServer.JOB_USER, null)
              .limited(Duration.ofSeconds(10), Duration.ofMillis(200));
      try (Connection reader = source.getConnection();
          Statement question = reader.createStatement()) {
        assertThatThrownBy(() -> question.execute("SELECT FROM turnstile.lane"))
            .isInstanceOf(SQLException.class)
            .extracting(e -> ((SQLException) e).getSQLState())
            .isEqualTo("57014");
      }
      lock.rollback();
    }
  }

  /** It would wait for the time-out of a connection, 10 s, or of a statement. */
  @Test
  void closeDoesNotWaitForAServerThatIsFrozen() throws Exception {
    CommittedVerdicts<byte[]> reader = readerOfAll();
    reader.seekToEnd();
    reader.start("reader", (record, nanos) -> {});
    endReaders();
    server.pause();
    long start = System.nanoTime();
    try {
      reader.close();
    } finally {
      server.resume();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void rightThatIsMissingIsSaid() throws Exception {
    execute("REVOKE SELECT ON turnstile.lane FROM turnstile_writer, turnstile_reader");
    assertThatThrownBy(() -> readerOfAll().seekToEnd())
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("turnstile_reader")
        .hasMessageContaining("42501");
  }
}
