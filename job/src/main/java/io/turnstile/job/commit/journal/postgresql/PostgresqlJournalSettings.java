package io.turnstile.job.commit.journal.postgresql;

import java.io.Serializable;
import java.time.Duration;

/**
 * Settings of the journal in PostgreSQL.
 *
 * @param url for the driver; may hold a password
 * @param user null for the one in the URL
 * @param passwordFile where the job runs; read for every connection; null if there is none
 * @param connections of a subtask, at most
 * @param connectTimeout for one connection, authentication included
 * @param retryTimeout how long a subtask waits for a connection, and how long it repeats a
 *     statement that has certainly not been committed
 * @param statementTimeout after which the server ends a statement
 * @param lockTimeout after which the server ends a statement that waits for a lock
 * @param idleInTransactionTimeout after which the server ends a session that left a transaction
 *     open; the job itself never does
 * @param keepAlive after so long without traffic, both ends ask whether the other one is there
 * @param deadLetterRefused whether inputs whose verdicts the database refuses become dead letters;
 *     else the job stops
 */
public record PostgresqlJournalSettings(
    String url,
    String user,
    String passwordFile,
    int connections,
    Duration connectTimeout,
    Duration retryTimeout,
    Duration statementTimeout,
    Duration lockTimeout,
    Duration idleInTransactionTimeout,
    Duration keepAlive,
    boolean deadLetterRefused)
    implements Serializable {

  /** Without the URL, which may hold a password. */
  @Override
  public String toString() {
    return "PostgresqlJournalSettings[user=" + user + ", connections=" + connections + "]";
  }
}
