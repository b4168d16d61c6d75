package io.turnstile.feeds.config;

import static java.util.Objects.requireNonNullElse;

import java.time.Duration;

/**
 * A table or view of PostgreSQL.
 *
 * @param url JDBC URL
 * @param user null for the one in the URL
 * @param passwordFile null for the password in the URL, or none
 * @param table with its schema or without
 * @param cursor column that grows with every change, never null
 * @param key column that tells rows of the same cursor apart
 * @param pageSize rows published together
 * @param timeout for a connection, and for an answer
 */
public record JdbcTable(
    String url,
    String user,
    String passwordFile,
    String table,
    String cursor,
    String key,
    Integer pageSize,
    Duration timeout) {

  private static final int PAGE_SIZE = 500;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** What is null becomes the default: 500, 30 s. */
  public JdbcTable {
    pageSize = requireNonNullElse(pageSize, PAGE_SIZE);
    timeout = requireNonNullElse(timeout, TIMEOUT);
  }
}
