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
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

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

  private static final Duration SIGNAL_TIMEOUT = Duration.ofSeconds(10);

  /** As on a server that keeps what it acknowledges: the library's defaults do not. */
  private static final Map<String, String> DURABLE =
      Map.of("fsync", "on", "synchronous_commit", "on", "full_page_writes", "on");

  /**
   * Ends the server in a directory when standard input ends, as it does when this JVM does. It
   * outlives a signal to all processes of a terminal or of a job. A server that is paused takes the
   * signal when it continues.
   */
  private static final String END_WITH_PARENT =
      """
      trap '' INT HUP TERM QUIT
      read -r end
      pid=$(head -n 1 "$0/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" && kill -CONT "$pid"
      """;

  private static final String WITH_PASSWORDS =
      """
      local all all trust
      host all postgres all trust
      host all all all scram-sha-256
      """;

  private final EmbeddedPostgres.Builder builder;
  private final Path data;
  private final AtomicInteger databases = new AtomicInteger();

  /** Guarded by this, as is all that follows. */
  private EmbeddedPostgres server;

  /** The process that starts the others. */
  private ProcessHandle postmaster;

  private Process watchdog;

  /** Those that are paused. */
  private List<Long> frozen = List.of();

  private boolean ended;

  private boolean closed;

  private TcpGate gate;

  private PostgresqlServer(EmbeddedPostgres.Builder builder, Path data) throws IOException {
    this.builder = builder;
    this.data = data;
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
    config.forEach(builder::setServerConfig);
    PostgresqlServer started;
    try {
      Files.createDirectories(log.getParent());
      started = new PostgresqlServer(builder, data);
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
    Files.deleteIfExists(pidFile());
    watchdog =
        new ProcessBuilder("/bin/sh", "-c", END_WITH_PARENT, data.toString())
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.DISCARD)
            .start();
    try {
      server = builder.start();
      long pid = Long.parseLong(Files.readAllLines(pidFile()).get(0).strip());
      postmaster = ProcessHandle.of(pid).orElseThrow();
    } catch (IOException | RuntimeException e) {
      endWhatBegan();
      throw e;
    }
    ended = false;
  }

  /** A server that did not answer in time may run all the same. */
  private void endWhatBegan() throws IOException {
    watchdog.getOutputStream().close();
    awaitEnd(watchdog.toHandle());
    if (Files.exists(pidFile())) {
      ProcessHandle.of(Long.parseLong(Files.readAllLines(pidFile()).get(0).strip()))
          .ifPresent(PostgresqlServer::awaitEnd);
    }
  }

  private Path pidFile() {
    return data.resolve("postmaster.pid");
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

  private Path replica() {
    return data.resolveSibling(data.getFileName() + "-replica");
  }

  @Override
  public synchronized void copyToReplica() {
    stop();
    try {
      deleteAll(replica());
      try (Stream<Path> files = Files.walk(data)) {
        for (Path file : files.toList()) {
          Files.copy(
              file,
              replica().resolve(data.relativize(file)),
              StandardCopyOption.COPY_ATTRIBUTES,
              LinkOption.NOFOLLOW_LINKS);
        }
      }
    } catch (IOException e) {
      throw new TestbedException("the data of PostgreSQL cannot be copied", e);
    }
    restart();
  }

  @Override
  public synchronized void failOver() {
    kill();
    try {
      deleteAll(data);
      Files.move(replica(), data);
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
      Files.createFile(data.resolve("standby.signal"));
    } catch (IOException e) {
      throw new TestbedException("PostgreSQL cannot be made a standby", e);
    }
    restart();
  }

  @Override
  public void requirePasswords() throws SQLException {
    try {
      Files.writeString(data.resolve("pg_hba.conf"), WITH_PASSWORDS);
    } catch (IOException e) {
      throw new TestbedException("the rules for connections cannot be written", e);
    }
    execute("SELECT pg_reload_conf()");
  }

  @Override
  public synchronized void stop() {
    if (!ended) {
      resumeAll();
      end();
    }
  }

  @Override
  public synchronized void kill() {
    killProcesses();
    end();
  }

  private void killProcesses() {
    pause();
    List<ProcessHandle> all =
        frozen.stream().flatMap(pid -> ProcessHandle.of(pid).stream()).toList();
    frozen = List.of();
    all.forEach(ProcessHandle::destroyForcibly);
    // Whoever is left would keep the next one from starting.
    all.forEach(PostgresqlServer::awaitEnd);
  }

  /** False if it did not end in time. */
  private static boolean awaitEnd(ProcessHandle process) {
    try {
      process.onExit().get(SIGNAL_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
    return true;
  }

  @Override
  public synchronized void pause() {
    // First, for it to start no more.
    signal("-STOP", List.of(postmaster.pid()));
    List<Long> all =
        Stream.concat(Stream.of(postmaster), postmaster.descendants())
            .map(ProcessHandle::pid)
            .toList();
    signal("-STOP", all);
    frozen = all;
  }

  @Override
  public synchronized void resume() {
    if (frozen.isEmpty()) {
      throw new TestbedException("PostgreSQL is not paused");
    }
    resumeAll();
  }

  private void resumeAll() {
    List<Long> paused = frozen;
    frozen = List.of();
    if (!paused.isEmpty()) {
      signal("-CONT", paused);
    }
  }

  private static void signal(String signal, List<Long> pids) {
    List<String> command = new ArrayList<>(List.of("kill", signal));
    pids.forEach(pid -> command.add(Long.toString(pid)));
    try {
      // Fails if one of them has just ended, which is as good.
      new ProcessBuilder(command)
          .redirectOutput(Redirect.DISCARD)
          .redirectError(Redirect.DISCARD)
          .start()
          .waitFor(SIGNAL_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new TestbedException("cannot send " + signal + " to PostgreSQL", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
      if (!awaitEnd(postmaster)) {
        killProcesses();
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
      deleteAll(data);
      deleteAll(replica());
    } catch (IOException e) {
      throw new TestbedException("the data of PostgreSQL cannot be deleted", e);
    }
  }

  private static void deleteAll(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
