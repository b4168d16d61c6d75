package io.turnstile.testbed;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The PostgreSQL of a testbed, and the faults to inflict on it. Everybody on this machine can
 * connect to it as anybody. Methods may be called from any thread; a failure of the server's
 * process is a {@link TestbedException}.
 */
public interface DatabaseServer {

  /** May do everything. */
  String SUPERUSER = "postgres";

  /** Has the role that the job needs, and no other. */
  String JOB_USER = "job";

  /** Of {@link #JOB_USER}; nobody is asked for one before {@link #requirePasswords}. */
  String JOB_PASSWORD = "turnstile";

  /** A statement that takes so long is slow. */
  Duration SLOW = Duration.ofMillis(100);

  /** How long {@link #SLOW} statements took that ended since then, by the server's own log. */
  List<Duration> slowStatements(Instant since) throws IOException;

  /** Makes a database with an empty journal, and returns its name. */
  String createJournal() throws SQLException;

  /** The URL of a database, without a user. It stays the same when the server restarts. */
  String url(String database);

  /** Connects to a database as superuser. */
  Connection connect(String database) throws SQLException;

  /** Runs a statement as superuser, in no particular database. */
  void execute(String sql) throws SQLException;

  /** The way to it that {@link #url} leads through from now on; made by the first call. */
  TcpGate gate();

  /** Shuts it down, copies its data as a replica has them, and starts it again. */
  void copyToReplica();

  /**
   * Kills it, and promotes the replica in its place, with the same address. What was committed
   * since {@link #copyToReplica} is lost.
   */
  void failOver();

  /** Starts it again after it was ended, with the same data and port; returns when it answers. */
  void restart();

  /**
   * Starts it again as the standby of a server that is gone: it can be read, refuses to write, and
   * goes on as a primary after {@code SELECT pg_promote()}.
   */
  void restartAsStandby();

  /** From now on, only the superuser connects without a password. */
  void requirePasswords() throws SQLException;

  /** Shuts it down, as its owner would: open statements are ended. */
  void stop();

  /** Ends all its processes at once (SIGKILL), also when they are paused. */
  void kill();

  /** Freezes all its processes (SIGSTOP): connections stay open, and nothing answers. */
  void pause();

  /** Resumes them (SIGCONT). */
  void resume();
}
