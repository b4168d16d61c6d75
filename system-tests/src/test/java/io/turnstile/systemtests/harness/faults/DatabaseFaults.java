package io.turnstile.systemtests.harness.faults;

import io.turnstile.testbed.DatabaseServer;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TurnstileDeployment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/** The faults of a PostgreSQL that the job's verdicts are in. */
public final class DatabaseFaults {

  /** Longer than the job waits for an answer. */
  private static final Duration LONG = Duration.ofSeconds(12);

  private static final Duration SHORT = Duration.ofSeconds(5);

  private DatabaseFaults() {}

  public static List<Fault<Testbed>> all() {
    return List.of(
        Fault.of("PostgreSQL killed", SHORT, (testbed, jobId) -> killed(testbed.database())),
        Fault.of("PostgreSQL shut down", SHORT, (testbed, jobId) -> shutDown(testbed.database())),
        Fault.of("PostgreSQL frozen", LONG, (testbed, jobId) -> frozen(testbed.database())),
        Fault.of(
            "PostgreSQL is a standby, then promoted",
            SHORT,
            (testbed, jobId) -> standby(testbed.database())),
        Fault.of(
            "PostgreSQL ends all sessions",
            Duration.ZERO,
            (testbed, jobId) -> {
              endSessions(testbed.database());
              return () -> {};
            }),
        Fault.of("verdict table locked", LONG, (testbed, jobId) -> locked(testbed.database())),
        Fault.of(
            "PostgreSQL has no connection left",
            LONG,
            (testbed, jobId) -> withoutConnections(testbed.database())),
        Fault.of("PostgreSQL has another password", LONG, DatabaseFaults::otherPassword));
  }

  private static Runnable killed(DatabaseServer server) {
    server.kill();
    return server::restart;
  }

  private static Runnable shutDown(DatabaseServer server) {
    server.stop();
    return server::restart;
  }

  private static Runnable frozen(DatabaseServer server) {
    server.pause();
    return server::resume;
  }

  private static Runnable standby(DatabaseServer server) {
    server.stop();
    server.restartAsStandby();
    return () -> execute(server, "SELECT pg_promote()");
  }

  /** As {@code ALTER TABLE} and {@code VACUUM FULL} do. */
  private static Runnable locked(DatabaseServer server) {
    try {
      Connection connection = server.connect(databaseOfJob(server));
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.execute("LOCK TABLE turnstile.verdict IN ACCESS EXCLUSIVE MODE");
      }
      return () -> close(connection);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String databaseOfJob(DatabaseServer server) throws SQLException {
    try (Connection connection = server.connect(DatabaseServer.SUPERUSER);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT datname FROM pg_stat_activity WHERE usename = '"
                    + DatabaseServer.JOB_USER
                    + "'")) {
      row.next();
      return row.getString(1);
    }
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Runnable withoutConnections(DatabaseServer server) {
    execute(server, "ALTER ROLE " + DatabaseServer.JOB_USER + " CONNECTION LIMIT 0");
    endSessions(server);
    return () -> execute(server, "ALTER ROLE " + DatabaseServer.JOB_USER + " CONNECTION LIMIT -1");
  }

  /** It is mended in the file. */
  private static Runnable otherPassword(Testbed testbed, String jobId) {
    DatabaseServer server = testbed.database();
    try {
      server.requirePasswords();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    String other = "changed-" + System.nanoTime();
    execute(server, "ALTER ROLE " + DatabaseServer.JOB_USER + " PASSWORD '" + other + "'");
    endSessions(server);
    return () -> {
      try {
        Files.writeString(TurnstileDeployment.passwordFile(testbed), other);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  private static void endSessions(DatabaseServer server) {
    execute(
        server,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"
            + DatabaseServer.JOB_USER
            + "'");
  }

  private static void execute(DatabaseServer server, String sql) {
    try {
      server.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
