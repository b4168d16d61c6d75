package io.turnstile.systemtests.consuming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.audit.AuditReport;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.Kind;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.Load;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.testbed.DatabaseServer;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The examples of {@code docs/consuming.md}, killed and joined by others while verdicts come. The
 * table of bookings has no key: it would take a second one.
 */
@Tag("extended")
class ConsumingIT {

  private static final int RATE = 1_000;
  private static final int SOME = 2_000;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @RegisterExtension static final TestbedExtension TESTBED = TestbedExtension.withPostgresql(1);

  @TempDir Path directory;

  private final List<Process> consumers = new ArrayList<>();

  @AfterEach
  void end() throws InterruptedException {
    for (Process consumer : consumers) {
      consumer.destroyForcibly();
      consumer.waitFor(10, TimeUnit.SECONDS);
    }
  }

  private static DatabaseServer server() {
    return TESTBED.testbed().database();
  }

  /** A database of those who consume. */
  private static void createShop(String name, long first) throws SQLException {
    server().execute("CREATE DATABASE " + name);
    try (Connection connection = server().connect(name);
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          CREATE SCHEMA shop;
          CREATE TABLE shop.cursor (lane integer PRIMARY KEY, next bigint NOT NULL, seen text);
          CREATE TABLE shop.booking (source_topic text, source_partition integer,
            source_offset bigint, customer bytea);
          INSERT INTO shop.cursor SELECT lane, %d FROM generate_series(0, %d) lane
          """
              .formatted(first, Deployment.LANES - 1));
    }
  }

  private static String url(String database) {
    return server().url(database) + "?user=" + DatabaseServer.SUPERUSER;
  }

  private static long number(String database, String sql) {
    try (Connection connection = server().connect(database);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Process start(Class<?> consumer, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                consumer.getName()));
    command.addAll(Arrays.asList(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.INHERIT)
            .start();
    consumers.add(process);
    return process;
  }

  private static void awaitBookings(String shop, long more) {
    String sql = "SELECT count(*) FROM shop.booking";
    long target = number(shop, sql) + more;
    await().atMost(PATIENCE).until(() -> number(shop, sql) >= target);
  }

  private static void signal(String signal, Process process) throws Exception {
    assertThat(new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor())
        .isZero();
  }

  private void consume(Deployment turnstile, String shop, Class<?> consumer, String... arguments)
      throws Exception {
    turnstile.submit("--parallelism", "1");
    Path ledger = directory.resolve(shop + ".csv");
    Load load =
        Load.start(
            turnstile,
            ledger,
            new GeneratorOptions()
                .mixed()
                .share(Kind.UNKNOWN_PRODUCT, 0)
                .customers(200)
                .products(200)
                .rate(RATE));
    try {
      Process first = start(consumer, arguments);
      Process second = start(consumer, arguments);
      awaitBookings(shop, SOME);
      signal("-KILL", first);
      awaitBookings(shop, SOME);
      Process third = start(consumer, arguments);
      awaitBookings(shop, SOME);
      // It will believe that it has its lanes when it wakes up, and others have them.
      signal("-STOP", second);
      awaitBookings(shop, SOME);
      start(consumer, arguments);
      awaitBookings(shop, SOME);
      signal("-CONT", second);
      signal("-KILL", third);
      awaitBookings(shop, SOME);
      load.stopAndAudit();
    } finally {
      load.stop();
    }
    AuditReport audit = turnstile.audit(ledger);
    await()
        .atMost(PATIENCE)
        .until(() -> number(shop, "SELECT count(*) FROM shop.booking") >= audit.accepted());
    assertThat(number(shop, "SELECT count(*) FROM shop.booking")).isEqualTo(audit.accepted());
    assertThat(
            number(
                shop,
                "SELECT count(DISTINCT (source_topic, source_partition, source_offset))"
                    + " FROM shop.booking"))
        .isEqualTo(audit.accepted());
  }

  @Test
  void eachAcceptedVerdictOfATableIsBookedOnce() throws Exception {
    createShop("shop_of_table", 1);
    try (Deployment turnstile = new Deployment(TESTBED.testbed(), "table.", directory, true)) {
      String verdicts =
          turnstile.connection().database().url() + "?user=" + DatabaseServer.JOB_USER;
      consume(turnstile, "shop_of_table", TableConsumer.class, verdicts, url("shop_of_table"));
    }
  }

  @Tag("extended")
  @Test
  void eachAcceptedVerdictOfTopicsIsBookedOnce() throws Exception {
    createShop("shop_of_topics", 0);
    try (Deployment turnstile = new Deployment(TESTBED.testbed(), "topics.", directory)) {
      consume(
          turnstile,
          "shop_of_topics",
          TopicConsumer.class,
          TESTBED.testbed().bootstrapServers(),
          turnstile.topics().accepted(),
          "shop",
          url("shop_of_topics"));
    }
  }
}
