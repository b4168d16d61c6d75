package io.turnstile.testbed.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.testbed.DatabaseServer;
import io.turnstile.testbed.LeakCheck;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What can be done to a real server. */
class PostgresqlServerIT {

  private static PostgresqlServer server;

  @BeforeAll
  static void start() {
    Path directory = Path.of("target", "postgresql").toAbsolutePath();
    server = PostgresqlServer.startBeside(directory.resolve("data"), directory.resolve("log"), 2);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static long lanes(String database) throws SQLException {
    try (Connection connection = asTheJob(database);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM turnstile.lane")) {
      row.next();
      return row.getLong(1);
    }
  }

  private static Connection asTheJob(String database) throws SQLException {
    return asTheJob(database, Duration.ofSeconds(30));
  }

  private static Connection asTheJob(String database, Duration limit) throws SQLException {
    return new PostgresqlSource(server.url(database), DatabaseServer.JOB_USER, null)
        .limited(limit, limit)
        .getConnection();
  }

  @Test
  void killedServerHasWhatItAcknowledgedWhenItIsBack() throws Exception {
    String database = server.createJournal();
    server.kill();
    assertThatThrownBy(() -> asTheJob(database)).isInstanceOf(SQLException.class);
    server.restart();
    assertThat(lanes(database)).isEqualTo(2);
  }

  @Test
  void slowStatementIsInTheLogWithItsTime() throws Exception {
    Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    server.execute("SELECT pg_sleep(0.1)");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(server.slowStatements(before))
                    .anySatisfy(
                        took -> assertThat(took).isGreaterThanOrEqualTo(DatabaseServer.SLOW)));
    assertThat(server.slowStatements(Instant.now().plusSeconds(60))).isEmpty();
  }

  @Test
  void frozenServerAnswersNobodyUntilItIsResumed() throws Exception {
    String database = server.createJournal();
    server.pause();
    try {
      assertThatThrownBy(() -> asTheJob(database, Duration.ofSeconds(2)))
          .isInstanceOf(SQLException.class);
    } finally {
      server.resume();
    }
    assertThat(lanes(database)).isEqualTo(2);
  }

  @Test
  void replicaThatIsPromotedLacksWhatCameLater() throws Exception {
    String database = server.createJournal();
    server.copyToReplica();
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute("DELETE FROM turnstile.lane");
    }
    assertThat(lanes(database)).isZero();
    server.failOver();
    assertThat(lanes(database)).isEqualTo(2);
  }

  @Test
  void serverThatIsLeftBehindIsFound() {
    long parent = ProcessHandle.current().pid();
    assertThat(LeakCheck.processesOf(parent)).isNotEmpty();
    server.stop();
    assertThat(LeakCheck.processesOf(parent)).isEmpty();
    server.restart();
  }

  @Test
  void standbyIsNoPrimaryUntilItIsPromoted() throws Exception {
    String database = server.createJournal();
    server.stop();
    server.restartAsStandby();
    assertThatThrownBy(() -> server.execute("CREATE DATABASE another"))
        .isInstanceOf(SQLException.class)
        .extracting(e -> ((SQLException) e).getSQLState())
        .isEqualTo("25006");
    assertThatThrownBy(() -> asTheJob(database)).isInstanceOf(SQLException.class);
    server.execute("SELECT pg_promote()");
    assertThat(lanes(database)).isEqualTo(2);
  }
}
