package io.turnstile.systemtests.harness.faults;

import static org.awaitility.Awaitility.await;

import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.testbed.DatabaseServer;
import io.turnstile.testbed.TcpGate;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedProcess;
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
import java.util.concurrent.atomic.AtomicInteger;

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
        Fault.of("PostgreSQL has another password", LONG, DatabaseFaults::otherPassword),
        Fault.of("PostgreSQL refuses connections", SHORT, (testbed, jobId) -> refused(testbed)),
        Fault.of("packets to PostgreSQL dropped", LONG, (testbed, jobId) -> dropped(testbed)),
        Fault.of("a lane's row locked", LONG, (testbed, jobId) -> laneLocked(testbed.database())),
        Fault.slowing(
            "deadlocks with a foreign session",
            SHORT,
            (testbed, jobId) -> deadlocks(testbed.database())),
        Fault.slowing(
            "serialization failures",
            SHORT,
            (testbed, jobId) -> serializationFailures(testbed.database())),
        Fault.of(
            "TaskManager frozen between a commit and its answer",
            Duration.ZERO,
            DatabaseFaults::frozenWhileCommitting));
  }

  /** The verdicts are moved there before. */
  public static Fault<Testbed> diskFull(SmallDisk disk) {
    return Fault.of(
        "disk of PostgreSQL full", LONG, (testbed, jobId) -> full(testbed.database(), disk));
  }

  /** Makes the server say when each commit was; restarts it, unless it does so already. */
  public static void recordCommitTimes(DatabaseServer server) {
    execute(server, "ALTER SYSTEM SET track_commit_timestamp = on");
    server.stop();
    server.restart();
  }

  /** Lets the table take two verdicts of an input, to see what finds them. */
  public static void dropKeys(DatabaseServer server) {
    run(
        server,
        databaseOfJob(server),
        "ALTER TABLE turnstile.verdict DROP CONSTRAINT verdict_source");
  }

  private static Runnable refused(Testbed testbed) {
    TcpGate gate = testbed.database().gate();
    gate.refuse();
    return gate::pass;
  }

  private static Runnable dropped(Testbed testbed) {
    TcpGate gate = testbed.database().gate();
    gate.drop();
    return gate::pass;
  }

  /** With a pool of one connection, all other lanes wait for that, too. */
  private static Runnable laneLocked(DatabaseServer server) {
    try {
      Connection connection = server.connect(databaseOfJob(server));
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.execute("SELECT FROM turnstile.lane WHERE lane = 0 FOR UPDATE");
      }
      return () -> close(connection);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A session takes a number that the job will come to, waits until a commit waits for that, and
   * then wants what the commit holds.
   */
  private static Runnable deadlocks(DatabaseServer server) {
    execute(server, "ALTER SYSTEM SET deadlock_timeout = '50ms'");
    execute(server, "SELECT pg_reload_conf()");
    ForeignSession session = new ForeignSession(server, databaseOfJob(server));
    Thread thread = new Thread(session, "foreign-session");
    thread.start();
    return () -> {
      session.over = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      execute(server, "ALTER SYSTEM RESET deadlock_timeout");
      execute(server, "SELECT pg_reload_conf()");
      if (session.count.get() == 0) {
        throw new IllegalStateException("there was no deadlock", session.failure);
      }
    };
  }

  /** Gets the job into deadlocks, of which the job's statement is the victim. */
  private static final class ForeignSession implements Runnable {

    private static final String TAKE =
        """
        INSERT INTO turnstile.verdict (lane, lane_seq, source_topic, source_partition,
          source_offset, outcome, received_at)
        SELECT lane, last_seq + 200, 'foreign', 0, 0, 'accepted', now() FROM turnstile.lane
        WHERE lane = 0
        """;

    private static final String WAITS =
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE wait_event = 'transactionid' AND datname = current_database()
        """;

    private final DatabaseServer server;
    private final String database;
    private volatile boolean over;
    private volatile SQLException failure;
    private final AtomicInteger count = new AtomicInteger();

    ForeignSession(DatabaseServer server, String database) {
      this.server = server;
      this.database = database;
    }

    @Override
    public void run() {
      try (Connection connection = server.connect(database);
          Connection watching = server.connect(database)) {
        connection.setAutoCommit(false);
        while (!over) {
          provoke(connection, watching);
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    private void provoke(Connection connection, Connection watching) throws SQLException {
      try (Statement statement = connection.createStatement();
          Statement question = watching.createStatement()) {
        statement.execute("SET LOCAL deadlock_timeout = '1min'");
        // Shorter than the job's: whoever gets the lane then, gets it by a deadlock.
        statement.execute("SET LOCAL lock_timeout = '500ms'");
        statement.execute(TAKE);
        boolean waits = false;
        while (!over && !waits) {
          try (ResultSet row = question.executeQuery(WAITS)) {
            row.next();
            waits = row.getLong(1) > 0;
          }
        }
        if (waits) {
          statement.execute("SELECT FROM turnstile.lane WHERE lane = 0 FOR UPDATE");
          count.incrementAndGet();
        }
      } catch (SQLException e) {
        // It was the victim itself, or the number was taken meanwhile.
        failure = e;
      } finally {
        connection.rollback();
      }
    }
  }

  /** As a trigger of somebody's may do. */
  private static Runnable serializationFailures(DatabaseServer server) {
    String database = databaseOfJob(server);
    run(
        server,
        database,
        "CREATE FUNCTION turnstile.fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN"
            + " IF random() < 0.2 THEN RAISE EXCEPTION ''could not serialize access''"
            + " USING ERRCODE = ''40001''; END IF; RETURN NULL; END'",
        "CREATE TRIGGER fail AFTER INSERT ON turnstile.verdict FOR EACH STATEMENT"
            + " EXECUTE FUNCTION turnstile.fail()");
    return () -> run(server, database, "DROP FUNCTION turnstile.fail CASCADE");
  }

  /**
   * Its commits are on their way and arrive when its successor is at work, and then it wakes up.
   */
  public static Runnable frozenWhileCommitting(Testbed testbed, String jobId) {
    TcpGate gate = testbed.database().gate();
    TestbedProcess zombie = Faults.busyTaskManager(testbed);
    gate.hold();
    await().atMost(Deployment.PATIENCE).until(() -> gate.held() > 0);
    testbed.pause(zombie);
    return () -> {
      Faults.awaitLoss(testbed.flink(), zombie);
      testbed.flink().awaitRunning(jobId, Deployment.PATIENCE);
      gate.pass();
      testbed.resume(zombie);
    };
  }

  private static Runnable full(DatabaseServer server, SmallDisk disk) {
    String database = databaseOfJob(server);
    String name = "small_" + System.nanoTime();
    execute(server, "CREATE TABLESPACE " + name + " LOCATION '" + disk.directory(name) + "'");
    run(server, database, "ALTER TABLE turnstile.verdict SET TABLESPACE " + name);
    disk.fill();
    return disk::free;
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

  private static String databaseOfJob(DatabaseServer server) {
    try (Connection connection = server.connect(DatabaseServer.SUPERUSER);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT datname FROM pg_stat_activity WHERE usename = '"
                    + DatabaseServer.JOB_USER
                    + "' AND application_name <> 'turnstile-reader'"
                    // Sessions of a job before may not be over yet.
                    + " ORDER BY backend_start DESC LIMIT 1")) {
      row.next();
      return row.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void run(DatabaseServer server, String database, String... statements) {
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
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
