package io.turnstile.debezium;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.Topics;
import io.turnstile.events.Decoded;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.TopicNames;
import io.turnstile.testbed.FeedProcess;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedConfigBuilder;
import io.turnstile.testbed.process.PostgresqlServer;
import io.turnstile.testbed.process.ProcessTestbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * PostgreSQL's log by Debezium's embedded engine into a topic, and by a feed into the inventory.
 */
@Tag("extended")
class DebeziumIT {

  private static final String CHANGES = "erp.public.articles";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;

  private Map<String, Object> kafka;
  private PostgresqlServer postgresql;
  private String database;

  @Test
  void snapshotChangesAndDeletesArriveAndASecondSnapshotChangesNothing() throws Exception {
    postgresql =
        PostgresqlServer.start(Path.of("target", "postgresql"), 1, Map.of("wal_level", "logical"));
    try (PostgresqlServer server = postgresql;
        Testbed testbed =
            new ProcessTestbed(
                TestbedConfigBuilder.builder(TestbedConfig.defaults()).flink(false).build())) {
      testbed.start();
      kafka = Map.of("bootstrap.servers", testbed.bootstrapServers());
      createTopics();
      database = server.createDatabase();
      execute("CREATE TABLE articles (id text PRIMARY KEY, title text, price numeric, rev bigint)");
      execute("INSERT INTO articles VALUES ('a', 'Tea', 1.50, 1), ('b', 'Oil', 2, 1)");
      try (FeedProcess feed =
          FeedProcess.start(testbed, "128m", feeds(testbed.bootstrapServers()))) {
        Engine first = new Engine("first");
        try {
          awaitVersions(Map.of("a", 1L, "b", 1L));
          execute("UPDATE articles SET price = 1.70, rev = 2 WHERE id = 'a'");
          execute("DELETE FROM articles WHERE id = 'b'");
          execute("INSERT INTO articles VALUES ('c', 'Rye', 3, 1)");
          awaitVersions(Map.of("a", 2L, "c", 1L));
        } finally {
          first.stop();
        }
        // It has forgotten where it was, and reads the whole table again.
        Engine second = new Engine("second");
        try {
          execute("UPDATE articles SET rev = 2 WHERE id = 'c'");
          awaitVersions(Map.of("a", 2L, "c", 2L));
        } finally {
          second.stop();
        }
        assertThat(published()).containsExactlyInAnyOrder("a@1", "b@1", "a@2", "b@-", "c@1", "c@2");
        assertThat(feed.isWorking("erp-articles")).isTrue();
      }
    }
  }

  private void createTopics() throws Exception {
    try (Admin admin = Admin.create(kafka)) {
      new Topics(TopicNames.DEFAULT, 2, 1).withoutVerdicts().create(admin, (short) 1);
      admin.createTopics(List.of(new NewTopic(CHANGES, 2, (short) 1))).all().get();
    }
  }

  private void execute(String sql) throws Exception {
    try (Connection connection = postgresql.connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The engine with a slot of its own, and without a memory of what another one has read. */
  private final class Engine {

    private final KafkaProducer<String, String> producer =
        new KafkaProducer<>(kafka, new StringSerializer(), new StringSerializer());
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final DebeziumEngine<ChangeEvent<String, String>> engine;

    Engine(String name) {
      Properties config = new Properties();
      config.setProperty("name", name);
      config.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
      config.setProperty(
          "offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore");
      config.setProperty("topic.prefix", "erp");
      config.setProperty("database.hostname", "localhost");
      config.setProperty("database.port", port());
      config.setProperty("database.user", "postgres");
      config.setProperty("database.password", "postgres");
      config.setProperty("database.dbname", database);
      config.setProperty("plugin.name", "pgoutput");
      config.setProperty("slot.name", name);
      config.setProperty("slot.drop.on.stop", "true");
      config.setProperty("publication.autocreate.mode", "filtered");
      config.setProperty("table.include.list", "public.articles");
      config.setProperty("decimal.handling.mode", "string");
      engine = DebeziumEngine.create(Json.class).using(config).notifying(this::publish).build();
      thread.execute(engine);
    }

    private void publish(ChangeEvent<String, String> change) {
      try {
        producer
            .send(new ProducerRecord<>(change.destination(), change.key(), change.value()))
            .get();
      } catch (InterruptedException | ExecutionException e) {
        throw new IllegalStateException("the change is not in its topic", e);
      }
    }

    void stop() throws IOException {
      engine.close();
      thread.shutdown();
      producer.close();
    }
  }

  private String port() {
    return postgresql.url(database).replaceAll(".*:(\\d+)/.*", "$1");
  }

  private Path feeds(String bootstrapServers) throws IOException {
    return Files.writeString(
        directory.resolve("feeds.yaml"),
        """
        feeds:
          erp-articles:
            into: inventory
            topic: {bootstrap_servers: '%s', name: %s, envelope: debezium}
            mapping:
              product_id: /id
              name: /title
              category: {constant: ""}
              unit_price: {at: /price, as: minor-units}
              currency: {constant: EUR}
              stock: {constant: 0}
              version: /rev
              updated_at: /__ts_ms
            schedule: {every: 100ms}
        """
            .formatted(bootstrapServers, CHANGES));
  }

  private void awaitVersions(Map<String, Long> wanted) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              Map<String, Long> versions = new HashMap<>();
              for (String each : published()) {
                String[] parts = each.split("@", 2);
                if (parts[1].equals("-")) {
                  versions.remove(parts[0]);
                } else {
                  versions.put(parts[0], Long.valueOf(parts[1]));
                }
              }
              assertThat(versions).isEqualTo(wanted);
            });
  }

  /** What is in the inventory: each record's key and version, or that it deletes. */
  private List<String> published() {
    List<String> published = new ArrayList<>();
    try (CommittedVerdicts<byte[]> log =
        new CommittedVerdicts<>(
            CommittedVerdicts.consumer(kafka), List.of(TopicNames.DEFAULT.inventory()))) {
      log.seekToBeginning();
      log.readToEnd(
          PATIENCE,
          batch ->
              batch.forEach(
                  record ->
                      published.add(
                          new String(record.key(), UTF_8) + "@" + version(record.value()))));
    }
    return published;
  }

  private static String version(byte[] value) {
    return value == null
        ? "-"
        : Long.toString(((Decoded.Valid<Product>) ProductCodec.decode(value)).record().version());
  }
}
