package io.turnstile.job.options;

import static io.turnstile.job.options.Bounds.require;
import static io.turnstile.job.options.Bounds.requirePositive;

import io.turnstile.clients.OptionSources;
import io.turnstile.clients.postgresql.PostgresqlOptions;
import io.turnstile.job.commit.journal.postgresql.PostgresqlJournalSettings;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the journal in PostgreSQL. */
public final class JdbcOptions {

  @Mixin private PostgresqlOptions database;

  @Option(
      names = "--jdbc-connections",
      description =
          "PostgreSQL: connections of a subtask, at most; one for each lane that it commits at the"
              + " same time")
  private int connections = 4;

  @Option(
      names = "--jdbc-connect-timeout",
      description = "PostgreSQL: limit for one connection, authentication included")
  private Duration connectTimeout = Duration.ofSeconds(5);

  @Option(
      names = "--jdbc-retry-timeout",
      description =
          "PostgreSQL: how long to wait for a free connection, and how long to repeat a statement"
              + " that has certainly not been committed, before the job goes back to its checkpoint")
  private Duration retryTimeout = Duration.ofSeconds(15);

  @Option(
      names = "--jdbc-statement-timeout",
      description = "PostgreSQL: the server ends a statement that takes longer")
  private Duration statementTimeout = Duration.ofSeconds(10);

  @Option(
      names = "--jdbc-lock-timeout",
      description = "PostgreSQL: the server ends a statement that waits longer for a lock")
  private Duration lockTimeout = Duration.ofSeconds(2);

  @Option(
      names = "--jdbc-idle-in-transaction-timeout",
      description = "PostgreSQL: the server ends a session that leaves a transaction open longer")
  private Duration idleInTransactionTimeout = Duration.ofSeconds(10);

  @Option(
      names = "--jdbc-keep-alive",
      description = "PostgreSQL: TCP keep-alive of an idle session, in whole seconds")
  private Duration keepAlive = Duration.ofSeconds(10);

  @Option(
      names = "--jdbc-dead-letter-refused",
      fallbackValue = OptionSources.ON,
      description =
          "PostgreSQL: an input whose verdict the database refuses (a constraint, a trigger that"
              + " raises) becomes a dead letter, and the job goes back to its last checkpoint;"
              + " otherwise the job stops")
  private boolean deadLetterRefused;

  /** The server's limit for what it holds in an integer. */
  private static final long MAX_MILLIS = Integer.MAX_VALUE;

  /** The pool's. */
  private static final Duration MIN_RETRY_TIMEOUT = Duration.ofMillis(250);

  /**
   * Checks the bounds.
   *
   * @throws InvalidConfigException if a value is outside of them
   */
  void validate() throws InvalidConfigException {
    require(database.url() != null, "--journal-store postgresql needs --jdbc-url");
    require(database.hasUsableUrl(), PostgresqlOptions.WRONG_URL);
    require(connections >= 1, "--jdbc-connections must be at least 1");
    requireLimit(connectTimeout, "--jdbc-connect-timeout");
    requireLimit(retryTimeout, "--jdbc-retry-timeout");
    require(
        retryTimeout.compareTo(MIN_RETRY_TIMEOUT) >= 0,
        "--jdbc-retry-timeout must be at least " + MIN_RETRY_TIMEOUT.toMillis() + "ms");
    requireLimit(statementTimeout, "--jdbc-statement-timeout");
    requireLimit(lockTimeout, "--jdbc-lock-timeout");
    require(
        lockTimeout.compareTo(statementTimeout) < 0,
        "--jdbc-lock-timeout must be below --jdbc-statement-timeout: a statement that waits for a"
            + " lock can be tried again, one that was ended cannot");
    requireLimit(idleInTransactionTimeout, "--jdbc-idle-in-transaction-timeout");
    requireLimit(keepAlive, "--jdbc-keep-alive");
  }

  private static void requireLimit(Duration duration, String option) throws InvalidConfigException {
    requirePositive(duration, option);
    require(duration.toMillis() <= MAX_MILLIS, option + " must be at most " + MAX_MILLIS + "ms");
  }

  /** As the journal takes them. */
  PostgresqlJournalSettings settings() {
    Path passwordFile = database.passwordFile();
    return new PostgresqlJournalSettings(
        database.url(),
        database.user(),
        passwordFile == null ? null : passwordFile.toString(),
        connections,
        connectTimeout,
        retryTimeout,
        statementTimeout,
        lockTimeout,
        idleInTransactionTimeout,
        keepAlive,
        deadLetterRefused);
  }
}
