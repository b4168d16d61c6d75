package io.turnstile.feeds.source.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.turnstile.feeds.TestFeeds;
import io.turnstile.feeds.source.Page;
import io.turnstile.feeds.source.PageRequest;
import io.turnstile.feeds.source.SourceException;
import io.turnstile.feeds.source.SourceException.Cure;
import io.turnstile.testbed.process.PostgresqlServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real server. */
class JdbcSourceIT {

  private static PostgresqlServer server;

  @TempDir private Path directory;

  private Connection connection;
  private String database;
  private JdbcSource source;
  private String reached;

  @BeforeAll
  static void startServer() {
    server = PostgresqlServer.start(Path.of("target", "postgresql"), 1, Map.of());
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void createTable() throws Exception {
    database = server.createDatabase();
    connection = server.connect(database);
    execute("CREATE TABLE \"Articles\" (id text, price numeric, changed timestamptz)");
    source = source("Articles");
  }

  @AfterEach
  void stop() throws Exception {
    source.close();
    connection.close();
  }

  private JdbcSource source(String table) throws Exception {
    return new JdbcSource(
        TestFeeds.products(
            directory,
            ("jdbc: {url: '%s', user: postgres, table: public.%s, cursor: changed, key: id,"
                    + " page_size: 2}")
                .formatted(server.url(database), table)));
  }

  private void execute(String sql) throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void insert(String id, String time) throws Exception {
    execute("INSERT INTO \"Articles\" VALUES ('%s', 1.50, %s)".formatted(id, time));
  }

  /** Reads all pages. */
  private List<String> sync(String since) throws Exception {
    List<String> ids = new ArrayList<>();
    reached = since;
    String position = null;
    do {
      Page page = source.fetch(new PageRequest(position, since, reached, null));
      page.records().forEach(row -> ids.add(row.value().path("id").asText()));
      reached = page.reached();
      position = page.next();
    } while (position != null);
    return ids;
  }

  @Test
  void rowsComeInTheOrderOfCursorAndKey() throws Exception {
    insert("d", "'2026-01-02 00:00:00.000001Z'");
    insert("c", "'2026-01-01Z'");
    insert("a", "'2026-01-01Z'");
    insert("b", "'2026-01-01Z'");
    insert("never", "NULL");
    assertThat(sync(null)).containsExactly("a", "b", "c", "d");
    insert("e", "'2026-01-02 00:00:00.000002Z'");
    execute("UPDATE \"Articles\" SET changed = '2026-01-03Z' WHERE id = 'a'");
    assertThat(sync(reached)).containsExactly("e", "a");
    assertThat(sync(reached)).isEmpty();
    assertThat(reached).isNotNull();
  }

  @Test
  void rowIsJson() throws Exception {
    insert("a", "'2026-01-01Z'");
    Page page = source.fetch(PageRequest.FIRST);
    assertThat(page.records().get(0).value().get("price").decimalValue())
        .isEqualByComparingTo("1.5");
    assertThat(page.records().get(0).value().get("changed").textValue()).startsWith("2026-01-01T");
  }

  @Test
  void tableThatIsNotThereIsForAPerson() throws Exception {
    source = source("nowhere");
    SourceException failure =
        catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST));
    assertThat(failure.cure()).isEqualTo(Cure.CHANGE);
    assertThat(failure).hasMessageContaining("nowhere").hasMessageContaining("42P01");
  }

  @Test
  void connectionThatIsCutIsMadeAnew() throws Exception {
    insert("a", "'2026-01-01Z'");
    sync(null);
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE application_name = 'turnstile-feed-shop'");
    SourceException failure =
        catchThrowableOfType(SourceException.class, () -> source.fetch(PageRequest.FIRST));
    assertThat(failure.cure()).isEqualTo(Cure.REPEAT);
    assertThat(sync(null)).containsExactly("a");
  }

  @Test
  void passwordIsReadFromItsFile() throws Exception {
    Path password = Files.writeString(directory.resolve("password"), "any\n");
    source =
        new JdbcSource(
            TestFeeds.products(
                directory,
                "jdbc: {url: '%s', user: postgres, password_file: '%s', table: Articles, cursor: changed, key: id}"
                    .formatted(server.url(database), password)));
    assertThat(sync(null)).isEmpty();
  }
}
