package io.turnstile.clients.postgresql;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A database with the tables of a journal.
 *
 * @param id made with the tables; the same on a replica and in a restored backup
 * @param lanes how many there are
 * @param fsync whether the server waits until a commit is on its disk
 */
public record JournalDatabase(String id, int lanes, boolean fsync) {

  /** The tables as this version makes them. */
  private static final int FORMAT = 2;

  /** PostgreSQL 14. */
  private static final int MIN_VERSION = 140_000;

  private static final String CREATE = "./turnstile database create";

  /**
   * The statements that make the tables.
   *
   * @param partitions whether verdicts of each day get a partition of their own
   */
  public static String ddl(int lanes, boolean partitions) {
    String tables = resource("journal.sql").replace(":lanes", Integer.toString(lanes));
    return partitions ? tables + "\n" + resource("partitions.sql") : tables;
  }

  private static String resource(String name) {
    try (InputStream file = JournalDatabase.class.getResourceAsStream(name)) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Makes the tables, all or none.
   *
   * @param connection of the database's owner; is left as it was
   * @param partitions whether verdicts of each day get a partition of their own
   * @throws SQLException if the server refuses, as when they are there already
   */
  public static void create(Connection connection, int lanes, boolean partitions)
      throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute(ddl(lanes, partitions));
      connection.commit();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  /**
   * Checks that the server and the tables are as a journal needs them.
   *
   * @throws UnsuitableDatabaseException if they are not, and no retry helps
   * @throws SQLException if that could not be found out; of a standby, too: one may be promoted
   */
  public static JournalDatabase check(Connection connection)
      throws SQLException, UnsuitableDatabaseException {
    boolean fsync = checkServer(connection);
    try (Statement statement = connection.createStatement()) {
      if (!holdsTables(statement)) {
        throw new UnsuitableDatabaseException(
            "the database has no tables of a journal: create them with " + CREATE);
      }
      try (ResultSet row =
          statement.executeQuery("SELECT id, format, lanes FROM turnstile.journal")) {
        if (!row.next() || row.getInt("format") != FORMAT) {
          throw new UnsuitableDatabaseException(
              "the tables of the journal were made by another version: use the version that made"
                  + " them, or another database");
        }
        return new JournalDatabase(row.getString("id"), row.getInt("lanes"), fsync);
      }
    }
  }

  private static boolean holdsTables(Statement statement) throws SQLException {
    try (ResultSet row =
        statement.executeQuery(
            "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = 'turnstile'"
                + " AND tablename IN ('journal', 'lane', 'verdict')")) {
      row.next();
      return row.getInt(1) == 3;
    }
  }

  private static boolean checkServer(Connection connection)
      throws SQLException, UnsuitableDatabaseException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT current_setting('server_version_num')::integer AS version,"
                    + " current_setting('server_version') AS version_name,"
                    + " current_setting('synchronous_commit') AS synchronous_commit,"
                    + " current_setting('synchronous_standby_names') <> '' AS standbys,"
                    + " current_setting('fsync') = 'on' AS fsync,"
                    + " pg_is_in_recovery() AS standby")) {
      row.next();
      if (row.getInt("version") < MIN_VERSION) {
        throw new UnsuitableDatabaseException(
            "the server is PostgreSQL "
                + row.getString("version_name")
                + ", and the journal needs 14 or later: upgrade it");
      }
      if (row.getString("synchronous_commit").equals("off")) {
        throw new UnsuitableDatabaseException(
            "synchronous_commit is off, so that a crash of the server loses commits that it has"
                + " acknowledged: set it to on, for the server or for the job's role");
      }
      if (row.getString("synchronous_commit").equals("local") && row.getBoolean("standbys")) {
        throw new UnsuitableDatabaseException(
            "synchronous_commit is local, so that a fail-over loses commits for which no standby in"
                + " synchronous_standby_names was waited for: set it to on, for the server or for"
                + " the job's role");
      }
      if (row.getBoolean("standby")) {
        throw new SQLException(
            "the server is a standby: name the primary, or all hosts, in --jdbc-url", "25006");
      }
      return row.getBoolean("fsync");
    }
  }
}
