package io.turnstile.clients.postgresql;

import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The database of a journal in PostgreSQL, as the job and the commands take it. */
public final class PostgresqlOptions {

  /** For a user, in one line. */
  public static final String WRONG_URL = "--jdbc-url must be jdbc:postgresql://HOST:PORT/DATABASE";

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration STATEMENT = Duration.ofMinutes(5);

  @Option(
      names = "--jdbc-url",
      paramLabel = "URL",
      description =
          "Database of the journal: jdbc:postgresql://HOST:PORT/DATABASE, several hosts separated by"
              + " commas. TLS and all else that the driver knows are parameters of it, as in"
              + " ?sslmode=verify-full&sslrootcert=FILE")
  private String url;

  @Option(names = "--jdbc-user", paramLabel = "ROLE", description = "Role to connect as")
  private String user;

  @Option(
      names = "--jdbc-password-file",
      paramLabel = "FILE",
      description =
          "File with its password, where the process runs that connects (for the job, also the"
              + " TaskManagers); read for each connection, so that a new password is found")
  private Path passwordFile;

  /** Null if none is given. */
  public String url() {
    return url;
  }

  /** True if there is a URL that the driver takes; else {@link #WRONG_URL} says what is wrong. */
  public boolean hasUsableUrl() {
    return url != null && PostgresqlSource.accepts(url);
  }

  /**
   * Requires a usable URL, or none.
   *
   * @throws ParameterException if the driver does not take it
   */
  public void requireUsable(CommandLine command) {
    if (url != null && !hasUsableUrl()) {
      throw new ParameterException(command, WRONG_URL);
    }
  }

  /** Null for the one in the URL. */
  public String user() {
    return user;
  }

  /** Null if there is none. */
  public Path passwordFile() {
    return passwordFile;
  }

  /** What connects there, with limits that suit a long question. */
  public PostgresqlSource source() {
    return new PostgresqlSource(url, user, passwordFile).limited(CONNECT, STATEMENT);
  }

  /** The same; null if no URL is given. */
  public PostgresqlSource sourceIfGiven() {
    return url == null ? null : source();
  }
}
