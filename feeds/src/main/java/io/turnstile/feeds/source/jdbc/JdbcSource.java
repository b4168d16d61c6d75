package io.turnstile.feeds.source.jdbc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.JdbcTable;
import io.turnstile.feeds.source.Page;
import io.turnstile.feeds.source.PageRequest;
import io.turnstile.feeds.source.PageSource;
import io.turnstile.feeds.source.SourceException;
import io.turnstile.feeds.source.SourceRecord;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * Rows of a table of PostgreSQL, as JSON, in the order of a cursor column and a key. A position is
 * cursor and key of the last row read, in JSON: the next sync goes on behind it.
 */
public final class JdbcSource implements PageSource {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  /** Begins the SQLSTATE of a statement that is wrong, or not allowed. */
  private static final String WRONG_STATEMENT = "42";

  private final JdbcTable settings;
  private final DataSource database;
  private final String first;
  private final String next;
  private Connection connection;

  /** Asks nothing yet. */
  public JdbcSource(Feed feed) {
    settings = feed.config().jdbc();
    database =
        new PostgresqlSource(
                settings.url(),
                settings.user(),
                settings.passwordFile() == null ? null : Path.of(settings.passwordFile()))
            .named("turnstile-feed-" + feed.name())
            .limited(settings.timeout(), settings.timeout());
    String cursor = "t." + quoted(settings.cursor());
    String key = "t." + quoted(settings.key());
    String table =
        Stream.of(settings.table().split("\\."))
            .map(JdbcSource::quoted)
            .collect(Collectors.joining("."));
    String select =
        "SELECT row_to_json(t)::text, %s::text, %s::text FROM %s AS t WHERE %s IS NOT NULL"
            .formatted(cursor, key, table, cursor);
    String order = " ORDER BY %s, %s LIMIT %d".formatted(cursor, key, settings.pageSize());
    first = select + order;
    next = select + " AND (%s, %s) > (?, ?)".formatted(cursor, key) + order;
  }

  /** The schema of files lets no quotation mark through. */
  private static String quoted(String name) {
    return '"' + name + '"';
  }

  @Override
  public Page fetch(PageRequest request) throws SourceException {
    String position = request.position() == null ? request.since() : request.position();
    try {
      if (connection == null) {
        connection = database.getConnection();
        connection.setReadOnly(true);
      }
      try (PreparedStatement statement =
          connection.prepareStatement(position == null ? first : next)) {
        if (position != null) {
          String[] place = JSON.readValue(position, String[].class);
          // Of no type: the server takes them for those of the columns.
          statement.setObject(1, place[0], Types.OTHER);
          statement.setObject(2, place[1], Types.OTHER);
        }
        return page(position, statement);
      }
    } catch (SQLException e) {
      close();
      String message =
          "PostgreSQL: %s (SQLSTATE %s)"
              .formatted(
                  String.valueOf(e.getMessage()).lines().findFirst().orElse(""), e.getSQLState());
      boolean wrong = e.getSQLState() != null && e.getSQLState().startsWith(WRONG_STATEMENT);
      throw wrong ? SourceException.lasting(message, e) : SourceException.passing(message, e);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a row of PostgreSQL, or a position, is JSON", e);
    }
  }

  private Page page(String position, PreparedStatement statement)
      throws SQLException, JsonProcessingException {
    List<SourceRecord> rows = new ArrayList<>();
    String reached = position;
    try (ResultSet result = statement.executeQuery()) {
      while (result.next()) {
        rows.add(SourceRecord.of(JSON.readTree(result.getString(1))));
        reached = JSON.writeValueAsString(new String[] {result.getString(2), result.getString(3)});
      }
    }
    boolean last = rows.size() < settings.pageSize();
    return new Page(rows, last ? null : reached, reached, null, false);
  }

  @Override
  public void close() {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        // The server ends the session when it notices.
      } finally {
        connection = null;
      }
    }
  }
}
