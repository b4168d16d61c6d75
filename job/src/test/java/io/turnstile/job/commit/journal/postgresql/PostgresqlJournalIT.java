package io.turnstile.job.commit.journal.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.turnstile.clients.postgresql.JournalDatabase;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.commit.journal.LaneJournal;
import io.turnstile.job.commit.journal.LanePosition;
import io.turnstile.job.commit.journal.LaneRange;
import io.turnstile.job.commit.journal.PostgresqlExtension;
import io.turnstile.job.commit.journal.Verdicts;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.Inputs;
import io.turnstile.job.read.NoSuchInputException;
import io.turnstile.testbed.process.PostgresqlServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The store against a real server, and what a server does that a contract cannot say. */
class PostgresqlJournalIT {

  private static final int LANES = PostgresqlExtension.LANES;
  private static final int LANE = 2;
  private static final Duration STRAY_LIVES = Duration.ofMillis(500);

  @RegisterExtension static final PostgresqlExtension POSTGRESQL = new PostgresqlExtension();

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<PostgresqlJournal> journals = new ArrayList<>();
  private PostgresqlServer server;
  private String database;

  @BeforeEach
  void createJournal() throws Exception {
    server = POSTGRESQL.server();
    database = server.createJournal();
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    journals.forEach(PostgresqlJournal::close);
  }

  private PostgresqlJournal connect() throws Exception {
    return connect(database, Duration.ofSeconds(30));
  }

  private PostgresqlJournal connect(String name, Duration retryTimeout) throws Exception {
    return connect(name, retryTimeout, STRAY_LIVES);
  }

  private PostgresqlJournal connect(String name, Duration retryTimeout, Duration strayLives)
      throws Exception {
    return connect(name, retryTimeout, strayLives, null);
  }

  private PostgresqlJournal connect(
      String name, Duration retryTimeout, Duration strayLives, Inputs inputs) throws Exception {
    PostgresqlJournal journal =
        PostgresqlJournal.connect(
            PostgresqlTestSettings.of(server.url(name), retryTimeout),
            LANES,
            new UnregisteredMetricsGroup(),
            inputs,
            strayLives);
    journals.add(journal);
    return journal;
  }

  private static LaneJournal takenOver(PostgresqlJournal journal, int lane, LanePosition from)
      throws Exception {
    LaneJournal owner = journal.lane(lane, () -> {});
    LaneRange range = owner.takeOver(from);
    owner.read(range, entry -> {});
    return owner;
  }

  private LaneJournal takenOver() throws Exception {
    return takenOver(connect(), LANE, null);
  }

  private static Verdict accepted(long offset) {
    return Verdicts.accepted(LANE, LANES, offset);
  }

  private static LanePosition commit(LaneJournal owner, long laneSeq, Verdict verdict)
      throws Exception {
    owner.append(verdict, laneSeq);
    return owner.commit();
  }

  private Future<LanePosition> committing(LaneJournal owner, long laneSeq, Verdict verdict) {
    return threads.submit(() -> commit(owner, laneSeq, verdict));
  }

  private long verdicts() throws Exception {
    return number("SELECT count(*) FROM turnstile.verdict");
  }

  private long number(String sql) throws SQLException {
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute("SET synchronous_commit = local");
      statement.execute(sql);
    }
  }

  /** Locks the lane's row until it is closed. */
  private Connection lockLane() throws SQLException {
    Connection connection = server.connect(database);
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT FROM turnstile.lane WHERE lane = " + LANE + " FOR UPDATE");
    }
    return connection;
  }

  private void awaitWaiting(String what) {
    await()
        .until(
            () ->
                number(
                        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = '"
                            + what
                            + "' AND datname = current_database()")
                    > 0);
  }

  private static Throwable failureOf(Future<?> future) throws Exception {
    try {
      future.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      return e.getCause();
    }
    throw new AssertionError("did not fail");
  }

  @Test
  void rowsSayWhatTheVerdictsSay() throws Exception {
    LaneJournal owner = takenOver();
    RecordHeaders headers = new RecordHeaders();
    headers.add("input.\"a\\\u0000ü", new byte[] {0, -1});
    headers.add("input.none", null);
    owner.append(accepted(0), 1);
    owner.append(Verdicts.rejected(LANE, 1), 2);
    owner.append(
        new Verdict(
            LANE,
            Verdicts.source(2),
            Outcome.DEAD_LETTER,
            Long.MAX_VALUE,
            new byte[] {1, 0},
            null,
            headers,
            "MALFORMED",
            "no \u0000 JSON"),
        3);
    owner.commit();
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT *, extract(epoch FROM decided_at) * 1000 AS decided_millis"
                    + " FROM turnstile.verdict ORDER BY lane_seq")) {
      row.next();
      assertThat(row.getString("outcome")).isEqualTo("accepted");
      assertThat(row.getBytes("transaction_id")).asString().isEqualTo("id-0");
      assertThat(row.getBytes("value")).isEqualTo(accepted(0).value());
      assertThat(row.getString("reason")).isNull();
      row.next();
      assertThat(row.getInt("lane")).isEqualTo(LANE);
      assertThat(row.getString("outcome")).isEqualTo("rejected");
      assertThat(row.getString("reason")).isEqualTo("TOKEN_EXPIRED");
      assertThat(row.getLong("decided_millis")).isEqualTo(1);
      assertThat(row.getLong("source_offset")).isEqualTo(1);
      row.next();
      assertThat(row.getString("outcome")).isEqualTo("dead-letter");
      assertThat(row.getString("reason")).isEqualTo("MALFORMED");
      assertThat(row.getBytes("value")).isNull();
      assertThat(row.getBytes("input_key")).isEqualTo(new byte[] {1, 0});
      assertThat(row.getBytes("error_message"))
          .isEqualTo("no \u0000 JSON".getBytes(StandardCharsets.UTF_8));
      assertThat(row.getBytes("input_headers"))
          .asString()
          .isEqualTo("[\"input.\\u0022a\\u005c\\u0000\\u00fc\",\"AP8=\",\"input.none\",null]");
      assertThat(row.next()).isFalse();
    }
  }

  @Test
  void commitsOfManyVerdictsAreReadBackOverSeveralPages() throws Exception {
    LaneJournal owner = takenOver();
    for (int offset = 0; offset < 450; offset++) {
      owner.append(accepted(offset), offset + 1);
    }
    owner.commit();
    LaneJournal next = connect().lane(LANE, () -> {});
    List<Long> read = new ArrayList<>();
    next.read(next.takeOver(null), entry -> read.add(entry.source().offset()));
    assertThat(read).hasSize(450).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void statementThatCertainlyDidNotCommitIsTriedAgain() throws Exception {
    LaneJournal owner = takenOver();
    Future<LanePosition> commit;
    try (Connection lock = lockLane()) {
      commit = committing(owner, 1, accepted(0));
      awaitWaiting("Lock");
      // Beyond the time-out for locks: the server has refused the statement once by then.
      long began = firstStart();
      await().until(() -> firstStart() > began);
      lock.rollback();
    }
    assertThat(TablePosition.of(commit.get(30, TimeUnit.SECONDS)).lastSeq()).isOne();
    assertThat(verdicts()).isOne();
  }

  /** When the statement that waits for a lock began, in microseconds; 0 if none waits. */
  private long firstStart() throws SQLException {
    return number(
        "SELECT coalesce(max(extract(epoch FROM query_start) * 1000000)::bigint, 0)"
            + " FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            + " AND datname = current_database()");
  }

  @Test
  void lockThatIsNotReleasedEndsTheAttempt() throws Exception {
    LaneJournal owner = takenOver(connect(database, Duration.ofSeconds(3)), LANE, null);
    try (Connection lock = lockLane()) {
      assertThatThrownBy(() -> commit(owner, 1, accepted(0)))
          .isInstanceOf(JournalException.class)
          .isNotInstanceOf(JournalException.Refused.class)
          .hasMessageContaining("lane 2: committing the verdict of input transactions/0/0")
          .hasMessageContaining("55P03");
      lock.rollback();
    }
    assertThat(verdicts()).isZero();
  }

  @Test
  void unknownOutcomeIsNotTriedAgain() throws Exception {
    LaneJournal owner = takenOver();
    try (Connection lock = lockLane()) {
      Future<LanePosition> commit = committing(owner, 1, accepted(0));
      awaitWaiting("Lock");
      execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
      assertThat(failureOf(commit))
          .isInstanceOf(JournalException.class)
          .isNotInstanceOf(JournalException.Refused.class)
          .hasMessageContaining("57P01");
      lock.rollback();
    }
    assertThat(verdicts()).isZero();
  }

  @Test
  void secondVerdictForAnInputStopsTheJob() throws Exception {
    PostgresqlJournal journal = connect();
    commit(takenOver(journal, 1, null), 1, Verdicts.rejected(1, 0));
    LaneJournal owner = takenOver(journal, LANE, null);
    assertThatThrownBy(() -> commit(owner, 1, accepted(0)))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("verdict_source")
        .hasMessageContaining("(transactions, 0, 0)");
    assertThat(verdicts()).isOne();
    assertThat(number("SELECT last_seq FROM turnstile.lane WHERE lane = 2")).isZero();
  }

  /** As a stored procedure does that does not like one input. */
  private void refuse(String condition) throws SQLException {
    execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            + " 'BEGIN RAISE EXCEPTION ''not this one''; END'");
    execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON turnstile.verdict FOR EACH ROW WHEN ("
            + condition
            + ") EXECUTE FUNCTION refuse()");
  }

  @Test
  void triggerThatRaisesStopsTheJobAndNamesTheInput() throws Exception {
    refuse("new.source_offset = 7");
    LaneJournal owner = takenOver();
    for (int offset = 3; offset < 11; offset++) {
      owner.append(accepted(offset), offset - 2);
    }
    assertThatThrownBy(owner::commit)
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("input transactions/0/7 ")
        .hasMessageContaining("not this one");
    assertThat(offsets()).as("what was decided before it").containsExactly(3L, 4L, 5L, 6L);
    takenOver();
  }

  private List<Long> offsets() throws Exception {
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT source_offset FROM turnstile.verdict ORDER BY lane_seq")) {
      List<Long> offsets = new ArrayList<>();
      while (row.next()) {
        offsets.add(row.getLong(1));
      }
      return offsets;
    }
  }

  private LaneJournal takenOver(Inputs inputs) throws Exception {
    return takenOver(connect(database, Duration.ofSeconds(30), STRAY_LIVES, inputs), LANE, null);
  }

  private static InputRecord input(SourcePosition position) {
    return new InputRecord(
        position,
        1,
        new byte[] {1},
        new byte[] {2, 3},
        new RecordHeaders().add("some", new byte[] {4}));
  }

  /** Duplicates of it may have been decided since: they name an acceptance that is none. */
  @Test
  void refusedVerdictIsADeadLetterWhereThatIsWantedAndEndsTheAttempt() throws Exception {
    refuse("new.source_offset = 7 AND new.outcome <> 'dead-letter'");
    LaneJournal owner = takenOver(PostgresqlJournalIT::input);
    for (int offset = 4; offset < 9; offset++) {
      owner.append(accepted(offset), offset - 3);
    }
    assertThatThrownBy(owner::commit)
        .isInstanceOf(JournalException.class)
        .isNotInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("input transactions/0/7 ")
        .hasMessageContaining("not this one")
        .hasMessageContaining("is a dead letter now");
    assertThat(offsets()).containsExactly(4L, 5L, 6L, 7L);
    assertThat(
            number(
                "SELECT count(*) FROM turnstile.verdict WHERE source_offset = 7"
                    + " AND outcome = 'dead-letter' AND reason = 'REFUSED_BY_DATABASE'"
                    + " AND value = '\\x0203' AND input_key = '\\x01'"
                    + " AND convert_from(input_headers, 'UTF8') = '[\"input.some\",\"BA==\"]'"
                    + " AND convert_from(error_message, 'UTF8') LIKE '%not this one%P0001%'"))
        .isOne();
    List<String> read = new ArrayList<>();
    LaneJournal next = connect().lane(LANE, () -> {});
    next.read(next.takeOver(null), entry -> read.add(entry.source() + " " + entry.acceptance()));
    assertThat(read).hasSize(4).last().isEqualTo("transactions/0/7 null");
  }

  @Test
  void refusedDeadLetterStopsTheJob() throws Exception {
    refuse("new.source_offset = 7");
    LaneJournal owner = takenOver(PostgresqlJournalIT::input);
    assertThatThrownBy(() -> commit(owner, 1, accepted(7)))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("input transactions/0/7 ")
        .hasMessageContaining("not this one");
    assertThat(verdicts()).isZero();
  }

  @Test
  void refusedVerdictWhoseInputCannotBeReadEndsTheAttempt() throws Exception {
    refuse("new.source_offset = 7");
    LaneJournal owner =
        takenOver(
            position -> {
              throw new IOException("no Kafka");
            });
    assertThatThrownBy(() -> commit(owner, 1, accepted(7)))
        .isInstanceOf(JournalException.class)
        .isNotInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("input transactions/0/7 ")
        .hasMessageContaining("no Kafka");
    assertThat(verdicts()).isZero();
  }

  /** No attempt would find it: the job must not try for ever. */
  @Test
  void refusedVerdictWhoseInputIsGoneStopsTheJob() throws Exception {
    refuse("new.source_offset = 7");
    long refused = LaneCommit.refused();
    LaneJournal owner =
        takenOver(
            position -> {
              throw new NoSuchInputException(position);
            });
    assertThatThrownBy(() -> commit(owner, 1, accepted(7)))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("input transactions/0/7 ")
        .hasMessageContaining("its topic no longer has that input")
        .hasMessageContaining("not this one")
        .hasMessageContaining("start the job again");
    assertThat(verdicts()).isZero();
    assertThat(LaneCommit.refused()).isEqualTo(refused + 1);
  }

  /** It says nothing about a verdict, and passes when somebody attaches one. */
  @Test
  void wantOfAPartitionMakesNoDeadLetter() throws Exception {
    partition();
    execute("ALTER TABLE turnstile.verdict DETACH PARTITION turnstile.verdict_rest");
    LaneJournal owner = takenOver(PostgresqlJournalIT::input);
    assertThatThrownBy(() -> commit(owner, 1, accepted(7)))
        .isInstanceOf(JournalException.class)
        .isNotInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("attach a partition for such rows");
    execute("ALTER TABLE turnstile.verdict ATTACH PARTITION turnstile.verdict_rest DEFAULT");
    owner.commit();
    assertThat(number("SELECT count(*) FROM turnstile.verdict WHERE outcome = 'accepted'")).isOne();
  }

  private void partition() throws Exception {
    try (InputStream file = JournalDatabase.class.getResourceAsStream("partitions.sql")) {
      execute(new String(file.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void secondVerdictIsNoDeadLetter() throws Exception {
    PostgresqlJournal journal =
        connect(database, Duration.ofSeconds(30), STRAY_LIVES, PostgresqlJournalIT::input);
    commit(takenOver(journal, 1, null), 1, Verdicts.rejected(1, 0));
    LaneJournal owner = takenOver(journal, LANE, null);
    assertThatThrownBy(() -> commit(owner, 1, accepted(0)))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("verdict_source");
    assertThat(verdicts()).isOne();
  }

  /** The key of another table says something about the row, and nothing about who writes. */
  @Test
  void keyOfATableThatATriggerWritesToIsAReasonForADeadLetter() throws Exception {
    execute("CREATE TABLE public.booking (transaction_id bytea PRIMARY KEY)");
    execute(
        "CREATE FUNCTION book() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN INSERT"
            + " INTO public.booking VALUES (new.transaction_id); RETURN new; END'");
    execute(
        "CREATE TRIGGER book BEFORE INSERT ON turnstile.verdict FOR EACH ROW"
            + " WHEN (new.outcome = 'accepted') EXECUTE FUNCTION book()");
    execute("INSERT INTO public.booking VALUES ('id-7')");
    LaneJournal owner = takenOver(PostgresqlJournalIT::input);
    assertThatThrownBy(() -> commit(owner, 1, accepted(7)))
        .hasMessageContaining("booking_pkey")
        .hasMessageContaining("is a dead letter now");
    assertThat(verdicts()).isOne();
  }

  @Test
  void zombieCannotCommitAfterTakeOver() throws Exception {
    LaneJournal zombie = takenOver();
    commit(zombie, 1, accepted(0));
    LaneJournal owner = takenOver();
    assertThatThrownBy(() -> commit(zombie, 2, accepted(1)))
        .isInstanceOf(JournalException.class)
        .isNotInstanceOf(JournalException.Refused.class);
    commit(owner, 2, accepted(1));
    assertThat(verdicts()).isEqualTo(2);
  }

  /** Its statement has reached the server, and waits there. */
  @Test
  void commitOfAZombieThatWaitsForTheLaneIsEnded() throws Exception {
    LaneJournal zombie = takenOver();
    Future<LanePosition> commit;
    Future<LaneJournal> owner;
    try (Connection lock = lockLane()) {
      commit = committing(zombie, 1, accepted(0));
      awaitWaiting("Lock");
      owner = threads.submit(() -> takenOver());
      assertThat(failureOf(commit)).isInstanceOf(JournalException.class);
      lock.rollback();
    }
    assertThat(verdicts()).isZero();
    commit(owner.get(30, TimeUnit.SECONDS), 1, accepted(0));
    assertThat(verdicts()).isOne();
  }

  /** As one that a machine was frozen in, between its statement and the end of it. */
  @Test
  void sessionThatHoldsTheLaneIsEndedByATakeOver() throws Exception {
    takenOver();
    String sessions;
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT sessions FROM turnstile.lane WHERE lane = " + LANE)) {
      row.next();
      sessions = row.getString(1);
    }
    try (Connection frozen =
            new PostgresqlSource(server.url(database), PostgresqlServer.JOB_USER, null)
                .named(sessions)
                .getConnection();
        Statement statement = frozen.createStatement()) {
      frozen.setAutoCommit(false);
      statement.execute("UPDATE turnstile.lane SET last_seq = 9 WHERE lane = " + LANE);
      LaneJournal owner = takenOver();
      commit(owner, 1, accepted(0));
      assertThatThrownBy(frozen::commit).isInstanceOf(SQLException.class);
    }
    assertThat(verdicts()).isOne();
  }

  @Test
  void anotherJobIsToldFromAProcessThoughtDead() throws Exception {
    LaneJournal one = takenOver();
    LaneJournal other = takenOver();
    JournalException fenced = null;
    try {
      commit(one, 1, accepted(0));
    } catch (JournalException e) {
      fenced = e;
    }
    assertThat(one.diagnose(fenced)).isSameAs(fenced);
    AtomicBoolean diagnosed = new AtomicBoolean();
    Future<?> committing =
        threads.submit(
            () -> {
              for (long seq = 1; !diagnosed.get(); seq++) {
                commit(other, seq, accepted(seq));
              }
              return null;
            });
    try {
      assertThat(one.diagnose(fenced))
          .isInstanceOf(JournalException.Refused.class)
          .hasMessageContaining("another job writes to the same database");
    } finally {
      diagnosed.set(true);
    }
    committing.get(30, TimeUnit.SECONDS);
  }

  /** A server that shuts down ends sessions as a take-over does. */
  @Test
  @Timeout(60)
  void sessionThatNoTakeOverEndedIsNotWaitedFor() throws Exception {
    LaneJournal owner =
        takenOver(connect(database, Duration.ofSeconds(10), Duration.ofHours(1)), LANE, null);
    JournalException ended;
    try (Connection lock = lockLane()) {
      Future<LanePosition> commit = committing(owner, 1, accepted(0));
      awaitWaiting("Lock");
      execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
      ended = (JournalException) failureOf(commit);
      lock.rollback();
    }
    assertThat(owner.diagnose(ended)).isSameAs(ended);
  }

  private static String stackTrace(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  @Test
  void contentOfARowIsInNoMessage() throws Exception {
    execute("ALTER TABLE turnstile.verdict ADD CONSTRAINT few CHECK (source_offset < 5)");
    LaneJournal owner = takenOver();
    assertThatThrownBy(() -> commit(owner, 1, accepted(7)))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("few")
        .hasStackTraceContaining("PSQLException")
        .satisfies(refused -> assertThat(stackTrace(refused)).doesNotContain("Failing row", "\\x"));
  }

  @Test
  void replicaThatLacksLaterVerdictsOnlyIsTakenOver() throws Exception {
    PostgresqlJournal journal = connect();
    LaneJournal owner = takenOver(journal, LANE, null);
    commit(owner, 1, accepted(0));
    LanePosition checkpoint = commit(owner, 2, accepted(1));
    journal.close();
    String replica = server.copy(database);
    commit(takenOver(), 3, accepted(2));
    LaneJournal next = takenOver(connect(replica, Duration.ofSeconds(10)), LANE, checkpoint);
    assertThat(TablePosition.of(commit(next, 3, accepted(2))).lastSeq()).isEqualTo(3);
  }

  /** A restart takes over what the promoted replica has. */
  @Test
  void failOverThatLosesTheTakeOverItselfIsNoReasonToStop() throws Exception {
    PostgresqlJournal journal = connect();
    commit(takenOver(journal, LANE, null), 1, accepted(0));
    LaneJournal next = journal.lane(LANE, () -> {});
    LaneRange range = next.takeOver(null);
    execute("DELETE FROM turnstile.verdict");
    execute("UPDATE turnstile.lane SET last_seq = 0, owner = gen_random_uuid()");
    assertThatThrownBy(() -> next.read(range, entry -> {}))
        .isInstanceOf(JournalException.class)
        .isNotInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("a fail-over lost the take-over");
  }

  @Test
  void partitionedTableKeepsThePromises() throws Exception {
    LaneJournal before = takenOver();
    commit(before, 1, accepted(0));
    partition();
    PostgresqlJournal journal = connect();
    LaneJournal owner = takenOver(journal, LANE, null);
    commit(owner, 2, accepted(1));
    assertThatThrownBy(() -> commit(before, 2, accepted(2))).isInstanceOf(JournalException.class);
    LaneJournal other = takenOver(journal, 1, null);
    assertThatThrownBy(() -> commit(other, 1, Verdicts.rejected(1, 1)))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("verdict_source_rest")
        .hasMessageContaining("(transactions, 0, 1");
    assertThat(verdicts()).isEqualTo(2);
  }

  @Test
  void checkpointThatNeedsDroppedVerdictsIsRefused() throws Exception {
    LaneJournal owner = takenOver();
    LanePosition old = commit(owner, 1, accepted(0));
    LanePosition checkpoint = commit(owner, 2, accepted(1));
    commit(owner, 3, accepted(2));
    execute("DELETE FROM turnstile.verdict WHERE lane_seq <= 2");
    execute("UPDATE turnstile.lane SET first_seq = 3 WHERE lane = " + LANE);
    takenOver(connect(), LANE, checkpoint);
    assertThatThrownBy(() -> takenOver(connect(), LANE, old))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("verdicts before lane_seq 3 were dropped")
        .hasMessageContaining("the checkpoint needs those since 2");
    assertThatThrownBy(() -> takenOver(connect(), LANE, null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("a start without checkpoint needs those since 1");
  }

  @Test
  void tailOfLargeVerdictsIsReadInShortPages() throws Exception {
    LaneJournal owner = takenOver();
    for (int offset = 0; offset < 30; offset++) {
      owner.append(accepted(offset), offset + 1);
    }
    owner.commit();
    execute(
        "UPDATE turnstile.verdict SET value = value || convert_to(repeat(' ', 1 << 20), 'UTF8')");
    List<String> read = new ArrayList<>();
    LaneJournal next = connect().lane(LANE, () -> {});
    next.read(next.takeOver(null), entry -> read.add(entry.place()));
    assertThat(read).hasSize(30).endsWith("lane_seq 30");
  }

  /** It was promoted without the last verdict, and given another one under the same number. */
  @Test
  void replicaWithAnotherHistoryIsRefused() throws Exception {
    PostgresqlJournal journal = connect();
    commit(takenOver(journal, LANE, null), 1, accepted(0));
    journal.close();
    String replica = server.copy(database);
    LanePosition checkpoint = commit(takenOver(), 2, accepted(1));
    PostgresqlJournal promoted = connect(replica, Duration.ofSeconds(10));
    commit(takenOver(promoted, LANE, null), 2, accepted(5));
    assertThatThrownBy(() -> takenOver(promoted, LANE, checkpoint))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("others than those that were committed");
  }

  @Test
  void ownerThatALaterOneReplacedDoesNotPassACheckpoint() throws Exception {
    LaneJournal zombie = takenOver();
    LanePosition end = commit(zombie, 1, accepted(0));
    zombie.awaitVisible(end);
    takenOver();
    assertThatThrownBy(() -> zombie.awaitVisible(end)).isInstanceOf(JournalException.class);
  }

  @Test
  void closeEndsACommitThatWaits() throws Exception {
    LaneJournal owner = takenOver();
    try (Connection lock = lockLane()) {
      Future<LanePosition> commit = committing(owner, 1, accepted(0));
      awaitWaiting("Lock");
      owner.close();
      assertThat(failureOf(commit)).isInstanceOf(JournalException.class);
      lock.rollback();
    }
  }

  /** The server then says that it has committed, and warns: the commit may be lost with it. */
  @Test
  void cancelledWaitForAStandbyIsAnUnknownOutcome() throws Exception {
    LaneJournal owner = takenOver();
    server.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    server.execute("SELECT pg_reload_conf()");
    try {
      await().until(() -> number("SELECT count(*) FROM pg_settings WHERE setting = 'nobody'") == 1);
      // Commits wait as soon as the checkpointer has read the setting.
      server.execute("CHECKPOINT");
      Future<LanePosition> commit = committing(owner, 1, accepted(0));
      await()
          .until(
              () ->
                  number("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") > 0);
      execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
      assertThat(failureOf(commit))
          .isInstanceOf(JournalException.class)
          .isNotInstanceOf(JournalException.Refused.class)
          .hasMessageContaining("no standby has acknowledged the commit");
    } finally {
      server.execute("ALTER SYSTEM RESET synchronous_standby_names");
      server.execute("SELECT pg_reload_conf()");
    }
  }

  @Test
  void asynchronousCommitIsRefused() throws Exception {
    server.execute("ALTER ROLE job IN DATABASE " + database + " SET synchronous_commit = off");
    assertThatThrownBy(this::connect)
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("synchronous_commit is off");
  }

  @Test
  void commitWithoutTheStandbysThatAreNamedIsRefused() throws Exception {
    server.execute("ALTER ROLE job IN DATABASE " + database + " SET synchronous_commit = local");
    connect();
    server.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    server.execute("SELECT pg_reload_conf()");
    try {
      await().until(() -> number("SELECT count(*) FROM pg_settings WHERE setting = 'nobody'") == 1);
      assertThatThrownBy(this::connect)
          .isInstanceOf(JournalException.Refused.class)
          .hasMessageContaining("synchronous_commit is local");
    } finally {
      server.execute("ALTER SYSTEM RESET synchronous_standby_names");
      server.execute("SELECT pg_reload_conf()");
    }
  }

  @Test
  void settingsOfTheRoleDoNotChangeTheIsolation() throws Exception {
    server.execute(
        "ALTER ROLE job IN DATABASE "
            + database
            + " SET default_transaction_isolation = 'serializable'");
    LaneJournal owner = takenOver();
    commit(owner, 1, accepted(0));
    assertThat(verdicts()).isOne();
  }

  @Test
  void databaseWithoutTablesIsRefused() throws Exception {
    String empty = server.createDatabase();
    assertThatThrownBy(() -> connect(empty, Duration.ofSeconds(1)))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("./turnstile database create");
  }

  @Test
  void otherNumberOfLanesIsRefused() {
    assertThatThrownBy(
            () ->
                PostgresqlJournal.connect(
                    PostgresqlTestSettings.of(server, database),
                    LANES + 1,
                    new UnregisteredMetricsGroup(),
                    null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("4 lanes and the job 5");
  }

  @Test
  void roleWithoutRightsIsRefused() throws Exception {
    execute("REVOKE INSERT ON turnstile.verdict FROM turnstile_writer");
    LaneJournal owner = takenOver();
    assertThatThrownBy(() -> commit(owner, 1, accepted(0)))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("grant turnstile_writer");
  }

  @Test
  void serverThatIsAwayEndsTheAttempt() {
    assertThatThrownBy(
            () ->
                PostgresqlJournal.connect(
                    PostgresqlTestSettings.of(
                        "jdbc:postgresql://localhost:1/none", Duration.ofSeconds(1)),
                    LANES,
                    new UnregisteredMetricsGroup(),
                    null))
        .isInstanceOf(JournalException.class)
        .isNotInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("08001");
  }
}
