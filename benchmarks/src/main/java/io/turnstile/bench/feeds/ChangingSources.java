package io.turnstile.bench.feeds;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.turnstile.bench.feeds.FeedText.Target;
import io.turnstile.testbed.process.PostgresqlServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The files, tables and topics that feeds read: 500 records in each, of which five change with each
 * {@link #change}. Not thread-safe.
 */
final class ChangingSources implements AutoCloseable {

  private static final int RECORDS = 500;
  private static final int CHANGED = 5;

  /** Files are written less often: each time as a whole. */
  private static final int CHANGES_OF_A_FILE = 5;

  private static final int PRICES = 20_000;

  private final Path directory;
  private final String database;
  private final PostgresqlServer server;
  private final Connection connection;
  private final KafkaProducer<String, String> producer;
  private final long[] versions = new long[RECORDS];
  private long changes;

  private ChangingSources(
      Path directory,
      String database,
      PostgresqlServer server,
      Connection connection,
      KafkaProducer<String, String> producer) {
    this.directory = directory;
    this.database = database;
    this.server = server;
    this.connection = connection;
    this.producer = producer;
    Arrays.fill(versions, 1);
  }

  /**
   * Makes them.
   *
   * @param directory existing, for files
   * @param server closed with them, and if they cannot be made
   * @param kafka client configuration
   */
  static ChangingSources on(Path directory, PostgresqlServer server, Map<String, Object> kafka)
      throws Exception {
    try {
      String database = server.createDatabase();
      createTopics(kafka);
      ChangingSources sources =
          new ChangingSources(
              directory,
              database,
              server,
              server.connect(database),
              new KafkaProducer<>(kafka, new StringSerializer(), new StringSerializer()));
      sources.createTables();
      sources.write(IntStream.range(0, RECORDS).toArray());
      sources.writeFiles();
      return sources;
    } catch (Exception e) {
      server.close();
      throw e;
    }
  }

  private static void createTopics(Map<String, Object> kafka)
      throws InterruptedException, ExecutionException {
    try (Admin admin = Admin.create(kafka)) {
      admin
          .createTopics(
              Stream.of(Target.values())
                  .map(target -> new NewTopic(FeedText.topic(target), 1, (short) 1))
                  .toList())
          .all()
          .get();
    }
  }

  /** Where the tables are. */
  String jdbcUrl() {
    return server.url(database);
  }

  private void createTables() throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      for (Target target : Target.values()) {
        statement.execute(
            "CREATE TABLE %s (id text PRIMARY KEY, price numeric NOT NULL, version bigint NOT NULL)"
                .formatted(target.key()));
        statement.execute("CREATE INDEX ON %s (version, id)".formatted(target.key()));
      }
    }
    connection.commit();
  }

  /** Changes some records, the others in turn. */
  void change() throws Exception {
    int[] numbers = new int[CHANGED];
    for (int i = 0; i < CHANGED; i++) {
      numbers[i] = (int) ((changes * CHANGED + i) % RECORDS);
      versions[numbers[i]] = changes + 2;
    }
    changes++;
    write(numbers);
    if (changes % CHANGES_OF_A_FILE == 0) {
      writeFiles();
    }
  }

  private void write(int[] numbers) throws SQLException, InterruptedException, ExecutionException {
    Future<RecordMetadata> last = null;
    for (Target target : Target.values()) {
      try (PreparedStatement upsert =
          connection.prepareStatement(
              "INSERT INTO %s VALUES (?, ?::numeric, ?) ON CONFLICT (id) DO UPDATE SET price = EXCLUDED.price, version = EXCLUDED.version"
                  .formatted(target.key()))) {
        for (int number : numbers) {
          upsert.setString(1, "jdbc-" + number);
          upsert.setString(2, price(number));
          upsert.setLong(3, versions[number]);
          upsert.addBatch();
          String id = "topic-" + number;
          String value =
              "{\"id\":\"%s\",\"price\":%s,\"version\":%d}"
                  .formatted(id, price(number), versions[number]);
          last = producer.send(new ProducerRecord<>(FeedText.topic(target), id, value));
        }
        upsert.executeBatch();
      }
    }
    connection.commit();
    if (last != null) {
      last.get();
    }
  }

  private void writeFiles() throws IOException {
    StringBuilder lines = new StringBuilder("id,price,version\n");
    for (int number = 0; number < RECORDS; number++) {
      lines.append("csv-%d,%s,%d%n".formatted(number, price(number), versions[number]));
    }
    for (Target target : Target.values()) {
      Path unfinished = Files.writeString(directory.resolve(target.key() + ".new"), lines, UTF_8);
      Files.move(
          unfinished,
          directory.resolve(target.key() + ".csv"),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** In major units. */
  private String price(int number) {
    long cents = 100 + (number + versions[number]) % PRICES;
    return "%d.%02d".formatted(cents / 100, cents % 100);
  }

  @Override
  public void close() {
    try (server) {
      producer.close();
      connection.close();
    } catch (SQLException e) {
      // The session ends with its server.
    }
  }
}
