package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.clients.postgresql.TableVerdicts;
import io.turnstile.events.TopicNames;
import io.turnstile.testbed.process.PostgresqlServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Retention against a real server, with a fake Flink that remembers one checkpoint. */
class RetainCommandIT {

  private static final Duration DAY = Duration.ofDays(1);

  /** A test takes less. */
  private static final Duration TEST = Duration.ofMinutes(1);

  private static PostgresqlServer server;

  private String database;
  private HttpServer flink;
  private Instant today;
  private Instant checkpoint;

  @BeforeAll
  static void startServer() {
    server = PostgresqlServer.start(Path.of("target", "postgresql"), 2, Map.of());
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  /** The command must not find another day than the test. */
  @BeforeEach
  void beginOnADayThatIsNotOverMeanwhile() {
    await()
        .atMost(TEST.multipliedBy(2))
        .untilAsserted(
            () -> {
              checkpoint = Instant.now();
              today = checkpoint.truncatedTo(ChronoUnit.DAYS);
              assertThat(checkpoint.plus(TEST)).isBefore(today.plus(DAY));
            });
  }

  @BeforeEach
  void start() throws Exception {
    flink = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    flink.createContext(
        "/",
        exchange -> {
          byte[] body = answer(exchange.getRequestURI().getPath()).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    flink.start();
    database = server.createDatabase();
    Run created =
        Run.of(
            "database",
            "create",
            "--partitions",
            "--jdbc-url",
            server.url(database),
            "--jdbc-user",
            PostgresqlServer.SUPERUSER,
            "--lanes",
            "2");
    assertThat(created.exitCode()).as(created.err()).isZero();
  }

  @AfterEach
  void stop() {
    flink.stop(0);
  }

  private String answer(String path) throws IOException {
    if (!path.endsWith("/checkpoints")) {
      return "{\"jobs\":[{\"jid\":\"a1\",\"name\":\"turnstile\",\"state\":\"RUNNING\","
          + "\"start-time\":1,\"tasks\":{}}]}";
    }
    return "{\"latest\":{\"completed\":{\"id\":1,\"trigger_timestamp\":%d}}}"
        .formatted(checkpoint.toEpochMilli());
  }

  private Run retain(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "database",
                "retain",
                "--jdbc-url",
                server.url(database),
                "--jdbc-user",
                PostgresqlServer.SUPERUSER,
                "--flink",
                "http://localhost:" + flink.getAddress().getPort()));
    arguments.addAll(List.of(more));
    return Run.of(arguments.toArray(String[]::new));
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private long number(String sql) throws SQLException {
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** A partition of a day that is over, as a command made it then. */
  private void partition(LocalDate day) throws SQLException {
    execute(
        "CREATE TABLE turnstile.verdict_p%1$s PARTITION OF turnstile.verdict FOR VALUES FROM ('%2$s 00:00+00') TO ('%3$s 00:00+00')"
            .formatted(day.toString().replace("-", ""), day, day.plusDays(1)));
  }

  /** A verdict in lane 0 that is decided as soon as its input is received. */
  private void verdict(long laneSeq, Instant receivedAt) throws SQLException {
    execute(
        "INSERT INTO turnstile.verdict (lane, lane_seq, source_topic, source_partition,"
            + " source_offset, outcome, customer_id, received_at, decided_at, value) VALUES (0, "
            + laneSeq
            + ", 'transactions', 0, "
            + laneSeq
            + ", 'accepted', 'c', '"
            + receivedAt
            + "', '"
            + receivedAt
            + "', 'v')");
    execute(
        "UPDATE turnstile.lane SET last_seq = greatest(last_seq, " + laneSeq + ") WHERE lane = 0");
  }

  private LocalDate day(int ago) {
    return LocalDate.ofInstant(today, ZoneOffset.UTC).minusDays(ago);
  }

  private Instant noon(int daysAgo) {
    return today.minus(DAY.multipliedBy(daysAgo)).plus(Duration.ofHours(12));
  }

  private List<Long> readFromTheBeginning() {
    TopicNames topics = TopicNames.DEFAULT;
    List<Long> read = new ArrayList<>();
    try (CommittedVerdicts<byte[]> reader =
        new CommittedVerdicts<>(
            new TableVerdicts<>(
                new PostgresqlSource(server.url(database), PostgresqlServer.JOB_USER, null),
                topics,
                topics.verdicts(),
                bytes -> bytes))) {
      reader.seekToBeginning();
      reader.readToEnd(
          Duration.ofSeconds(30), batch -> batch.forEach(record -> read.add(record.offset())));
    }
    return read;
  }

  @Test
  void daysThatNoCheckpointNeedsAreDropped() throws Exception {
    partition(day(3));
    partition(day(2));
    verdict(1, noon(3));
    // Numbers of neighbouring days mix: inputs of several partitions are not in time order.
    verdict(2, noon(2));
    verdict(3, noon(3));
    verdict(4, noon(2));
    verdict(5, Instant.now());
    Run dry = retain("--older-than", "48h", "--dry-run");
    assertThat(dry.out()).contains("would drop " + day(3));
    assertThat(number("SELECT count(*) FROM turnstile.verdict")).isEqualTo(5);
    Run run = retain("--older-than", "48h");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("dropped " + day(3))
        .doesNotContain("dropped " + day(2))
        .contains("made a partition for " + day(-7));
    assertThat(number("SELECT count(*) FROM turnstile.verdict")).isEqualTo(3);
    assertThat(number("SELECT first_seq FROM turnstile.lane WHERE lane = 0")).isEqualTo(4);
    assertThat(readFromTheBeginning()).containsExactly(4L, 5L);
  }

  @Test
  void dayThatACheckpointNeedsIsKept() throws Exception {
    partition(day(3));
    verdict(1, noon(3));
    verdict(2, noon(3).plusSeconds(3_600));
    checkpoint = noon(3).plusSeconds(1_800);
    Run run = retain("--older-than", "24h");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("kept " + day(3));
    assertThat(number("SELECT count(*) FROM turnstile.verdict")).isEqualTo(2);
  }

  @Test
  void checkpointThatFlinkHasForgottenIsTakenFromTheCommandLine() throws Exception {
    partition(day(3));
    verdict(1, noon(3));
    verdict(2, Instant.now());
    Run run = retain("--older-than", "24h", "--oldest-checkpoint", noon(4).toString());
    assertThat(run.out()).contains("kept " + day(3));
    assertThat(retain("--older-than", "24h").out()).contains("dropped " + day(3));
  }

  @Test
  void verdictsOfDaysWithoutAPartitionAreDeleted() throws Exception {
    verdict(1, noon(3));
    verdict(2, noon(0).minus(DAY.multipliedBy(2)));
    verdict(3, Instant.now());
    checkpoint = Instant.now().plus(Duration.ofHours(1));
    Run run = retain("--older-than", "48h");
    assertThat(run.out()).contains("deleted 1 verdicts");
    assertThat(readFromTheBeginning()).containsExactly(2L, 3L);
  }

  @Test
  void secondVerdictIsRefusedByAPartitionedTableToo() throws Exception {
    retain("--older-than", "24h");
    Instant now = Instant.now();
    verdict(1, now);
    assertThatThrownBy(
            () ->
                execute(
                    "INSERT INTO turnstile.verdict SELECT 1, 1, source_topic, source_partition,"
                        + " source_offset, outcome, reason, transaction_id, customer_id,"
                        + " received_at FROM turnstile.verdict"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("verdict_source_p");
  }

  @Test
  void tableWithoutPartitionsIsSaid() throws Exception {
    database = server.createJournal();
    Run run = retain("--older-than", "24h");
    assertThat(run.exitCode()).isOne();
    assertThat(run.err()).contains("has no partitions").contains("--partitions");
  }
}
