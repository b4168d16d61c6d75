package io.turnstile.job.commit.journal.postgresql;

import com.zaxxer.hikari.HikariDataSource;
import io.turnstile.job.commit.journal.JournalException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Runs the statements of one lane, each on a connection from the pool. Used by one thread at a
 * time, except for {@link #close}.
 */
final class LaneSession implements AutoCloseable {

  private static final long MIN_PAUSE_MILLIS = 10;
  private static final long MAX_PAUSE_MILLIS = 500;

  private final HikariDataSource pool;
  private final Duration retryTimeout;
  private final String at;

  /** Guarded by this. */
  private Connection inUse;

  private boolean closed;

  /**
   * @param retryTimeout see {@link PostgresqlJournalSettings}
   * @param at begins every message
   */
  LaneSession(HikariDataSource pool, Duration retryTimeout, String at) {
    this.pool = pool;
    this.retryTimeout = retryTimeout;
    this.at = at;
  }

  /** Something to do with a connection. */
  @FunctionalInterface
  interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  /**
   * Runs statements of which the last alone changes anything. Repeats them for a while as long as
   * that one has certainly not been committed.
   *
   * @param what is done, for messages
   */
  <T> T run(String what, Work<T> work) throws JournalException, InterruptedException {
    long giveUpAt = System.nanoTime() + retryTimeout.toNanos();
    long pause = MIN_PAUSE_MILLIS;
    while (true) {
      try {
        return once(work);
      } catch (SQLException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        if (!SqlFailures.isCertainlyNotCommitted(e) || System.nanoTime() > giveUpAt) {
          throw SqlFailures.explain(at + what, e);
        }
      }
      Thread.sleep(pause);
      pause = Math.min(2 * pause, MAX_PAUSE_MILLIS);
    }
  }

  /**
   * Asks once, on a connection of its own: the pool waits for a server that is gone.
   *
   * @param what is asked, for messages
   */
  <T> T ask(String what, Work<T> question) throws JournalException {
    try (Connection connection = pool.getDataSource().getConnection()) {
      return on(connection, question);
    } catch (SQLException e) {
      throw SqlFailures.explain(at + what, e);
    }
  }

  private <T> T once(Work<T> work) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      return on(connection, work);
    }
  }

  private <T> T on(Connection connection, Work<T> work) throws SQLException {
    use(connection);
    try {
      return work.run(connection);
    } finally {
      use(null);
    }
  }

  private synchronized void use(Connection connection) throws SQLException {
    if (closed && connection != null) {
      throw new SQLException("the lane is closed");
    }
    inUse = connection;
  }

  /** Cuts the connection in use, if there is one: whoever waits for its answer fails at once. */
  @Override
  public synchronized void close() {
    closed = true;
    if (inUse == null) {
      return;
    }
    try {
      inUse.abort(Runnable::run);
    } catch (SQLException e) {
      // It is closed already.
    }
  }
}
