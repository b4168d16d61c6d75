package io.turnstile.job.commit.journal.postgresql;

import io.turnstile.testbed.process.PostgresqlServer;
import java.time.Duration;

/** Settings of a journal in PostgreSQL for tests. */
public final class PostgresqlTestSettings {

  private PostgresqlTestSettings() {}

  /** Of a database, as the job's user. */
  public static PostgresqlJournalSettings of(PostgresqlServer server, String database) {
    return of(server.url(database), Duration.ofSeconds(10));
  }

  static PostgresqlJournalSettings of(String url, Duration retryTimeout) {
    return new PostgresqlJournalSettings(
        url,
        PostgresqlServer.JOB_USER,
        null,
        2,
        Duration.ofSeconds(5),
        retryTimeout,
        Duration.ofSeconds(10),
        Duration.ofMillis(500),
        Duration.ofSeconds(10),
        Duration.ofSeconds(5),
        false);
  }
}
