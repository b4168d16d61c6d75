package io.turnstile.clients.postgresql;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLInvalidAuthorizationSpecException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * Connects to PostgreSQL. What the URL says wins over everything else; a password file is read for
 * every connection, so that a new password is used as soon as it is there. Immutable.
 */
public final class PostgresqlSource implements DataSource {

  /** SQLSTATE of a password that is not accepted; used for one that cannot be read, too. */
  private static final String INVALID_AUTHORIZATION = "28000";

  /** For the way back of the server's answer, after its own limit: the server gives up first. */
  private static final Duration ANSWER_MARGIN = Duration.ofSeconds(5);

  private static final Driver DRIVER = driver();

  private final String url;
  private final Path passwordFile;
  private final Properties properties;

  /** Milliseconds; 0 for the server's own. */
  private final long statementTimeout;

  /**
   * @param url {@code jdbc:postgresql://…}
   * @param user null for the one in the URL, or the operating system's
   * @param passwordFile null for the password in the URL, or none
   */
  public PostgresqlSource(String url, String user, Path passwordFile) {
    this(url, passwordFile, new Properties(), 0);
    if (user != null) {
      PGProperty.USER.set(properties, user);
    }
    PGProperty.TCP_KEEP_ALIVE.set(properties, true);
    // Of several hosts, a standby would refuse to write.
    PGProperty.TARGET_SERVER_TYPE.set(properties, "primary");
    // A detail may hold a whole row, and messages get into logs.
    PGProperty.LOG_SERVER_ERROR_DETAIL.set(properties, false);
  }

  private PostgresqlSource(
      String url, Path passwordFile, Properties properties, long statementTimeout) {
    this.url = url;
    this.passwordFile = passwordFile;
    this.properties = properties;
    this.statementTimeout = statementTimeout;
  }

  private PostgresqlSource with(Map<PGProperty, String> more, long otherStatementTimeout) {
    Properties all = new Properties();
    all.putAll(properties);
    more.forEach((property, value) -> property.set(all, value));
    return new PostgresqlSource(url, passwordFile, all, otherStatementTimeout);
  }

  /**
   * The manager of drivers lives as long as the JVM. In a session cluster that is longer than the
   * job, all of whose classes it would keep in memory.
   */
  private static Driver driver() {
    try {
      Driver driver = new Driver();
      boolean ofAJob = Driver.class.getClassLoader() != ClassLoader.getSystemClassLoader();
      if (ofAJob && Driver.isRegistered()) {
        Driver.deregister();
      }
      return driver;
    } catch (SQLException e) {
      throw new IllegalStateException("the JDBC driver cannot be unregistered", e);
    }
  }

  /** Says whether the driver understands a URL. */
  public static boolean accepts(String url) {
    return Driver.parseURL(url, new Properties()) != null;
  }

  /** As given: it may hold a password. */
  public String url() {
    return url;
  }

  /** The same, with the sessions' name in {@code pg_stat_activity}. */
  public PostgresqlSource named(String applicationName) {
    return with(Map.of(PGProperty.APPLICATION_NAME, applicationName), statementTimeout);
  }

  /**
   * The same, with limits to what may take for ever when the server or the way to it is gone.
   *
   * @param connect for a connection, authentication included
   * @param statement after which the server ends a statement, a wait for a lock included; a little
   *     later, this side gives up to wait for its answer. Whoever gives up alone would leave the
   *     statement waiting in the server
   */
  public PostgresqlSource limited(Duration connect, Duration statement) {
    return with(
        Map.of(
            PGProperty.CONNECT_TIMEOUT, seconds(connect),
            PGProperty.LOGIN_TIMEOUT, seconds(connect),
            PGProperty.CANCEL_SIGNAL_TIMEOUT, seconds(connect),
            PGProperty.SOCKET_TIMEOUT, seconds(statement.plus(ANSWER_MARGIN))),
        Math.max(1, statement.toMillis()));
  }

  /** At least one: 0 means no limit. */
  private static String seconds(Duration duration) {
    return Long.toString(Math.max(1, duration.plusMillis(999).toSeconds()));
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection = open();
    limitStatements(connection);
    return connection;
  }

  /** A connection that lacks {@link #limitStatements}, which only the closing of it ends early. */
  Connection open() throws SQLException {
    Properties complete = new Properties();
    complete.putAll(properties);
    if (passwordFile != null) {
      PGProperty.PASSWORD.set(complete, password());
    }
    Connection connection = DRIVER.connect(url, complete);
    if (connection == null) {
      throw new SQLException("no URL of PostgreSQL: it must begin with jdbc:postgresql:");
    }
    return connection;
  }

  /** Not when the session begins: what stands between may not know such a parameter. */
  void limitStatements(Connection connection) throws SQLException {
    if (statementTimeout == 0) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET statement_timeout = " + statementTimeout);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private String password() throws SQLException {
    try {
      return Files.readString(passwordFile, StandardCharsets.UTF_8).strip();
    } catch (IOException | UncheckedIOException e) {
      throw new SQLInvalidAuthorizationSpecException(
          "the password file cannot be read: " + e, INVALID_AUTHORIZATION, e);
    }
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("wraps nothing");
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
