package io.turnstile.job.commit.journal.postgresql;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.turnstile.clients.postgresql.JournalDatabase;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.clients.postgresql.UnsuitableDatabaseException;
import io.turnstile.job.commit.journal.Journal;
import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.commit.journal.LaneJournal;
import io.turnstile.job.read.Inputs;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.flink.metrics.MetricGroup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@link Journal} in PostgreSQL: the tables of the schema {@code turnstile}. Lane <em>n</em> is
 * one row of {@code lane}, and the rows of {@code verdict} with that number.
 */
public final class PostgresqlJournal implements Journal {

  /** Begins the name of every session in {@code pg_stat_activity}. */
  private static final String SESSIONS = "turnstile-";

  /** A process that wakes up after it was given up for dead notices so within this time. */
  private static final Duration STRAY_LIVES = Duration.ofSeconds(5);

  private static final int KEEP_ALIVE_PROBES = 3;

  private static final Logger LOG = LoggerFactory.getLogger(PostgresqlJournal.class);

  private final PostgresqlJournalSettings settings;
  private final Duration strayLives;
  private final SortedMap<String, String> identity;
  private final String sessions;
  private final Inputs inputs;
  private final HikariDataSource pool;

  private PostgresqlJournal(
      PostgresqlJournalSettings settings,
      Duration strayLives,
      SortedMap<String, String> identity,
      String sessions,
      Inputs inputs,
      HikariDataSource pool) {
    this.settings = settings;
    this.strayLives = strayLives;
    this.identity = Collections.unmodifiableSortedMap(identity);
    this.sessions = sessions;
    this.inputs = inputs;
    this.pool = pool;
  }

  /**
   * Connects, and checks that server and tables suit.
   *
   * @param lanes how many lanes the deployment has
   * @param metrics gets those of the pool, and of what the database refuses
   * @param inputs to make dead letters of those whose verdicts the database refuses; null if that
   *     stops the job
   * @throws JournalException.Refused if they do not
   */
  public static PostgresqlJournal connect(
      PostgresqlJournalSettings settings, int lanes, MetricGroup metrics, Inputs inputs)
      throws JournalException {
    return connect(settings, lanes, metrics, inputs, STRAY_LIVES);
  }

  static PostgresqlJournal connect(
      PostgresqlJournalSettings settings,
      int lanes,
      MetricGroup metrics,
      Inputs inputs,
      Duration strayLives)
      throws JournalException {
    String sessions = SESSIONS + UUID.randomUUID();
    JournalDatabase database = check(settings, lanes);
    if (!database.fsync()) {
      LOG.warn("fsync is off: if the server's machine crashes, verdicts are lost");
    }
    HikariConfig config = new HikariConfig();
    config.setPoolName(sessions);
    config.setDataSource(source(settings).named(sessions));
    config.setMaximumPoolSize(Math.min(settings.connections(), lanes));
    config.setConnectionTimeout(settings.retryTimeout().toMillis());
    config.setConnectionInitSql(sessionSettings(settings, sessions));
    config.setMetricsTrackerFactory(new PoolMetrics(metrics));
    metrics.gauge("jdbcRefusedVerdicts", LaneCommit::refused);
    // The check has just connected; a failure now is one of the take-over, which explains it.
    config.setInitializationFailTimeout(-1);
    TreeMap<String, String> identity =
        new TreeMap<>(Map.of("id of the journal", database.id(), "lanes", Integer.toString(lanes)));
    return new PostgresqlJournal(
        settings, strayLives, identity, sessions, inputs, new HikariDataSource(config));
  }

  private static PostgresqlSource source(PostgresqlJournalSettings settings) {
    String passwordFile = settings.passwordFile();
    return new PostgresqlSource(
            settings.url(), settings.user(), passwordFile == null ? null : Path.of(passwordFile))
        .limited(settings.connectTimeout(), settings.statementTimeout());
  }

  /**
   * Checks that server and tables suit.
   *
   * @param lanes how many lanes the deployment has
   * @throws JournalException.Refused if they do not
   */
  public static JournalDatabase check(PostgresqlJournalSettings settings, int lanes)
      throws JournalException {
    JournalDatabase database;
    try (Connection connection = source(settings).getConnection()) {
      database = JournalDatabase.check(connection);
    } catch (UnsuitableDatabaseException e) {
      throw new JournalException.Refused("PostgreSQL cannot be used: " + e.getMessage(), e);
    } catch (SQLException e) {
      throw SqlFailures.explain("connecting to PostgreSQL", e);
    }
    if (database.lanes() != lanes) {
      throw new JournalException.Refused(
          "the database has "
              + database.lanes()
              + " lanes and the job "
              + lanes
              + ", which must be the same: use --lanes "
              + database.lanes()
              + " or another database");
    }
    return database;
  }

  /**
   * What each session sets for itself, whatever the server's or the role's settings are. A
   * transaction of another isolation level would fail where this one waits for its turn. That
   * commits are synchronous was checked; it holds for as long as the session, whatever is reloaded,
   * standbys that are named later included. By the name, a take-over finds and ends the sessions of
   * the owner before.
   */
  private static String sessionSettings(PostgresqlJournalSettings settings, String sessions) {
    long keepAliveSeconds = Math.max(1, settings.keepAlive().toSeconds());
    return """
        SELECT set_config(
            'synchronous_commit',
            CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN 'on'
              ELSE current_setting('synchronous_commit') END,
            false);
        SET application_name = '%s';
        SET default_transaction_isolation = 'read committed';
        SET default_transaction_read_only = off;
        SET client_min_messages = warning;
        SET lock_timeout = %d;
        SET idle_in_transaction_session_timeout = %d;
        SET tcp_keepalives_idle = %d;
        SET tcp_keepalives_interval = %d;
        SET tcp_keepalives_count = %d
        """
        .formatted(
            sessions,
            settings.lockTimeout().toMillis(),
            settings.idleInTransactionTimeout().toMillis(),
            keepAliveSeconds,
            Math.max(1, keepAliveSeconds / KEEP_ALIVE_PROBES),
            KEEP_ALIVE_PROBES);
  }

  @Override
  public SortedMap<String, String> identity() {
    return identity;
  }

  @Override
  public LaneJournal lane(int number, Runnable failed) {
    return new PostgresqlLane(pool, settings.retryTimeout(), strayLives, sessions, inputs, number);
  }

  @Override
  public void close() {
    pool.close();
  }
}
