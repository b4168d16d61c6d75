package io.turnstile.testbed.process;

import io.turnstile.clients.postgresql.JournalDatabase;
import io.turnstile.testbed.DatabaseServer;
import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.TcpGate;
import io.turnstile.testbed.TestbedException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real PostgreSQL, unpacked from a JAR and started as a process of its own; root may start it,
 * too. Closing it ends the process and deletes its data; what was unpacked stays for the next one.
 * It ends with this JVM, also when this JVM is killed; then its data stay.
 */
public final class PostgresqlServer implements DatabaseServer, AutoCloseable {

  /** The library's system property. */
  private static final String WORKING_DIRECTORY = "ot.epg.working-dir";

  private static final String TEMPLATE = "journal";

  /** Much longer than it takes, also on a busy machine. */
  private static final Duration START = Duration.ofMinutes(2);

  /** As on a server that keeps what it acknowledges: the library's defaults do not. */
  private static final Map<String, String> DURABLE =
      Map.of(
          "fsync", "on",
          "synchronous_commit", "on",
          "full_page_writes", "on",
          // As guarantees.md advises: checkpoints by time, and files that are used again.
          "max_wal_size", "8GB",
          "min_wal_size", "2GB",
          "checkpoint_timeout", "15min");

  private final EmbeddedPostgres.Builder builder;
  private final PostgresqlData data;
  private final PostgresqlLog log;
  private final AtomicInteger databases = new AtomicInteger();

  /** Guarded by this, as is all that follows. */
  private EmbeddedPostgres server;

  private PostgresqlProcesses processes;
  private Process watchdog;
  private boolean ended;
  private boolean closed;
  private TcpGate gate;

  private PostgresqlServer(EmbeddedPostgres.Builder builder, PostgresqlData data, PostgresqlLog log)
      throws IOException {
    this.builder = builder;
    this.data = data;
    this.log = log;
    launch();
    builder.setPort(server.getPort());
  }

  /**
   * Starts one, with a journal to copy.
   *
   * @param directory for what is unpacked, and for its data
   * @param lanes of the journal
   * @param config of the server
   */
  public static PostgresqlServer start(Path directory, int lanes, Map<String, String> config) {
    Path absolute = directory.toAbsolutePath();
    Path data = absolute.resolve("data-" + UUID.randomUUID());
    return start(absolute, data, absolute.resolve("postgresql.log"), lanes, config);
  }

  /**
   * Starts one that keeps what it acknowledges, unpacked once for all testbeds.
   *
   * @param data for its data; made by it
   * @param log the file for what it says
   */
  static PostgresqlServer startBeside(Path data, Path log, int lanes) {
    return start(Distribution.postgresql(), data, log, lanes, DURABLE);
  }

  private static PostgresqlServer start(
      Path directory, Path data, Path log, int lanes, Map<String, String> config) {
    // It makes a directory of this name even if it is told another one.
    System.setProperty(WORKING_DIRECTORY, directory.toString());
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setOverrideWorkingDirectory(directory.toFile())
            .setDataDirectory(data)
            .setCleanDataDirectory(false)
            .setRegisterShutdownHook(false)
            .setOutputRedirector(Redirect.appendTo(log.toFile()))
            .setErrorRedirector(Redirect.appendTo(log.toFile()))
            .setPGStartupWait(START);
    // The library's default loses what a crashed server has acknowledged.
    builder.setServerConfig("synchronous_commit", "on");
    builder.setServerConfig(
        "cluster_name", LeakCheck.POSTGRESQL_MARKER + ProcessHandle.current().pid());
    PostgresqlLog.CONFIG.forEach(builder::setServerConfig);
    config.forEach(builder::setServerConfig);
    PostgresqlServer started;
    try {
      Files.createDirectories(log.getParent());
      started = new PostgresqlServer(builder, new PostgresqlData(data), new PostgresqlLog(log));
    } catch (IOException | IllegalStateException e) {
      throw new TestbedException(
          "PostgreSQL does not start (if this is root, `unshare -U true` must work); see " + log,
          e);
    }
    try {
      started.createTemplate(lanes);
      return started;
    } catch (SQLException | RuntimeException e) {
      started.close();
      throw new TestbedException("PostgreSQL refuses to create a journal", e);
    }
  }

  private void launch() throws IOException {
    // That of a server that was killed: its number may be another process's by now.
    data.forgetPostmaster();
    watchdog = PostgresqlProcesses.endWithThisJvm(data.directory());
    try {
      server = builder.start();
      processes = PostgresqlProcesses.of(data.postmaster().orElseThrow());
    } catch (IOException | RuntimeException e) {
      endWhatBegan();
      throw e;
    }
    ended = false;
  }

  /** A server that did not answer in time may run all the same. */
  private void endWhatBegan() throws IOException {
    watchdog.getOutputStream().close();
    PostgresqlProcesses.awaitEnd(watchdog.toHandle());
    data.postmaster().ifPresent(PostgresqlProcesses::awaitEnd);
  }

  private void createTemplate(int lanes) throws SQLException {
    execute("CREATE DATABASE " + TEMPLATE);
    try (Connection connection = connect(TEMPLATE)) {
      JournalDatabase.create(connection, lanes, false);
    }
    execute(
        "CREATE ROLE %s LOGIN PASSWORD '%s' IN ROLE turnstile_writer"
            .formatted(JOB_USER, JOB_PASSWORD));
  }

  /** The journals of all of them have the same id, as that of a replica or of a backup has. */
  @Override
  public String createJournal() throws SQLException {
    String name = TEMPLATE + "_" + databases.incrementAndGet();
    execute("CREATE DATABASE " + name + " TEMPLATE " + TEMPLATE);
    return name;
  }

  /** Makes a database without tables, and returns its name. */
  public String createDatabase() throws SQLException {
    String name = "empty_" + databases.incrementAndGet();
    execute("CREATE DATABASE " + name);
    return name;
  }

  /** Ends all sessions of a database, makes another one that is a copy of it, returns its name. */
  public String copy(String database) throws SQLException {
    String name = TEMPLATE + "_" + databases.incrementAndGet();
    execute("ALTER DATABASE " + database + " ALLOW_CONNECTIONS false");
    execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '"
            + database
            + "'");
    execute("CREATE DATABASE " + name + " TEMPLATE " + database);
    execute("ALTER DATABASE " + database + " ALLOW_CONNECTIONS true");
    return name;
  }

  @Override
  public List<Duration> slowStatements(Instant since) throws IOException {
    return log.slowStatements(since);
  }

  @Override
  public void execute(String sql) throws SQLException {
    try (Connection connection = connect(SUPERUSER);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public Connection connect(String database) throws SQLException {
    return current().getDatabase(SUPERUSER, database).getConnection();
  }

  private synchronized EmbeddedPostgres current() {
    return server;
  }

  @Override
  public String url(String database) {
    TcpGate before;
    synchronized (this) {
      before = gate;
    }
    int port = before == null ? current().getPort() : before.port();
    return "jdbc:postgresql://localhost:" + port + "/" + database;
  }

  @Override
  public synchronized TcpGate gate() {
    if (gate == null) {
      int port = server.getPort();
      gate = new TcpGate(() -> port);
    }
    return gate;
  }

  @Override
  public synchronized void copyToReplica() {
    stop();
    try {
      data.copyToReplica();
    } catch (IOException e) {
      throw new TestbedException("the data of PostgreSQL cannot be copied", e);
    }
    restart();
  }

  @Override
  public synchronized void failOver() {
    kill();
    try {
      data.becomeReplica();
    } catch (IOException e) {
      throw new TestbedException("the replica cannot take the place of PostgreSQL", e);
    }
    restartAsStandby();
    try {
      execute("SELECT pg_promote()");
    } catch (SQLException e) {
      throw new TestbedException("the replica cannot be promoted", e);
    }
  }

  @Override
  public synchronized void restart() {
    if (!ended) {
      throw new TestbedException("PostgreSQL runs");
    }
    try {
      launch();
    } catch (IOException | IllegalStateException e) {
      throw new TestbedException("PostgreSQL does not start again", e);
    }
  }

  @Override
  public synchronized void restartAsStandby() {
    try {
      data.beStandby();
    } catch (IOException e) {
      throw new TestbedException("PostgreSQL cannot be made a standby", e);
    }
    restart();
  }

  @Override
  public void requirePasswords() throws SQLException {
    try {
      data.requirePasswords();
    } catch (IOException e) {
      throw new TestbedException("the rules for connections cannot be written", e);
    }
    execute("SELECT pg_reload_conf()");
  }

  @Override
  public synchronized void stop() {
    if (!ended) {
      processes.resume();
      end();
    }
  }

  @Override
  public synchronized void kill() {
    processes.kill();
    end();
  }

  @Override
  public synchronized void pause() {
    processes.pause();
  }

  @Override
  public synchronized void resume() {
    if (!processes.resume()) {
      throw new TestbedException("PostgreSQL is not paused");
    }
  }

  /** Asks it to end, if it still runs, and gives its directory free. */
  private void end() {
    ended = true;
    try {
      server.close();
    } catch (IOException | RuntimeException e) {
      throw new TestbedException("PostgreSQL does not end as it should", e);
    } finally {
      if (!processes.awaitEnd()) {
        processes.kill();
      }
      // Last: until now it would end the server with this JVM.
      watchdog.destroyForcibly();
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (gate != null) {
      gate.close();
    }
    stop();
    try {
      data.delete();
    } catch (IOException e) {
      throw new TestbedException("the data of PostgreSQL cannot be deleted", e);
    }
  }
}
