package io.turnstile.micro;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.commit.journal.LaneJournal;
import io.turnstile.job.commit.journal.postgresql.PostgresqlJournal;
import io.turnstile.job.commit.journal.postgresql.PostgresqlJournalSettings;
import io.turnstile.job.decide.Verdict;
import io.turnstile.testbed.process.PostgresqlServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;

/**
 * What the journal in PostgreSQL costs: bytes of a verdict, write-ahead log, indexes, fsync. Not of
 * JMH: it starts a server and prints a table. The lanes commit as fast as they can.
 *
 * <p>Argument: seconds for each line, 10 if there is none.
 */
public final class TableCosts {

  private static final int LANES = 4;
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final double NANOS = 1e9;

  /** A line of the table. */
  private record Variant(String name, int batch, Map<String, String> server, String change) {}

  private static final List<Variant> VARIANTS =
      List.of(
          new Variant("warm-up", 25, Map.of(), ""),
          new Variant("as it is, 12 verdicts a commit", 12, Map.of(), ""),
          new Variant("as it is, 25 verdicts a commit", 25, Map.of(), ""),
          new Variant("as it is, 100 verdicts a commit", 100, Map.of(), ""),
          new Variant("fsync off", 25, Map.of("fsync", "off"), ""),
          new Variant("wal_compression lz4", 25, Map.of("wal_compression", "lz4"), ""),
          new Variant(
              "without the key of the input",
              25,
              Map.of(),
              "ALTER TABLE turnstile.verdict DROP CONSTRAINT verdict_source"),
          new Variant(
              "without both keys",
              25,
              Map.of(),
              "ALTER TABLE turnstile.verdict DROP CONSTRAINT verdict_source,"
                  + " DROP CONSTRAINT verdict_number"),
          new Variant(
              "an index on customer_id more",
              25,
              Map.of(),
              "CREATE INDEX ON turnstile.verdict (customer_id)"));

  private TableCosts() {}

  public static void main(String[] args) throws Exception {
    int seconds = args.length == 0 ? 10 : Integer.parseInt(args[0]);
    System.out.println(
        "| | verdicts/s | commits/s | commit p50, ms | p99 | bytes of a row | of its indexes"
            + " | WAL of a verdict, bytes | WAL/s at 5,000/s |");
    System.out.println("|---|---|---|---|---|---|---|---|---|");
    for (Variant variant : VARIANTS) {
      run(variant, seconds);
    }
  }

  private static void run(Variant variant, int seconds) throws Exception {
    Map<String, String> config = new HashMap<>(Map.of("fsync", "on", "full_page_writes", "on"));
    config.put("max_wal_size", "8GB");
    config.putAll(variant.server());
    try (PostgresqlServer server =
        PostgresqlServer.start(Path.of("target", "postgresql"), LANES, config)) {
      String database = server.createJournal();
      if (!variant.change().isEmpty()) {
        try (Connection connection = server.connect(database);
            Statement statement = connection.createStatement()) {
          statement.execute(variant.change());
        }
      }
      measure(variant, server, database, seconds);
    }
  }

  private static void measure(
      Variant variant, PostgresqlServer server, String database, int seconds) throws Exception {
    PostgresqlJournalSettings settings =
        new PostgresqlJournalSettings(
            server.url(database),
            PostgresqlServer.JOB_USER,
            null,
            LANES,
            LIMIT,
            LIMIT,
            LIMIT,
            LIMIT.dividedBy(2),
            LIMIT,
            LIMIT,
            false);
    ExecutorService threads = Executors.newFixedThreadPool(LANES);
    try (PostgresqlJournal journal =
        PostgresqlJournal.connect(settings, LANES, new UnregisteredMetricsGroup(), null)) {
      long before = number(server, database, "SELECT pg_current_wal_lsn() - '0/0'");
      long start = System.nanoTime();
      long end = start + Duration.ofSeconds(seconds).toNanos();
      List<Future<long[]>> lanes = new ArrayList<>();
      for (int lane = 0; lane < LANES; lane++) {
        int number = lane;
        lanes.add(threads.submit(() -> commit(journal, number, variant.batch(), end)));
      }
      List<long[]> nanos = new ArrayList<>();
      for (Future<long[]> lane : lanes) {
        nanos.add(lane.get());
      }
      double elapsed = (System.nanoTime() - start) / NANOS;
      long wal = number(server, database, "SELECT pg_current_wal_lsn() - '0/0'") - before;
      print(variant, server, database, nanos, elapsed, wal);
    } finally {
      threads.shutdownNow();
    }
  }

  /** Commits until a time, and returns how long each commit took. */
  private static long[] commit(PostgresqlJournal journal, int number, int batch, long end)
      throws Exception {
    LaneJournal lane = journal.lane(number, () -> {});
    lane.read(lane.takeOver(null), entry -> {});
    LongStream.Builder nanos = LongStream.builder();
    long laneSeq = 0;
    while (System.nanoTime() < end) {
      for (int i = 0; i < batch; i++) {
        laneSeq++;
        lane.append(verdict(number, laneSeq), laneSeq);
      }
      long start = System.nanoTime();
      lane.commit();
      nanos.add(System.nanoTime() - start);
    }
    return nanos.build().toArray();
  }

  private static Verdict verdict(int lane, long number) {
    return new Verdict(
        lane,
        new SourcePosition("transactions", lane, number),
        Outcome.ACCEPTED,
        System.currentTimeMillis(),
        SampleRecords.customerId(number).getBytes(StandardCharsets.UTF_8),
        VerdictCodec.encode(SampleRecords.accepted(number)),
        null,
        null);
  }

  private static void print(
      Variant variant,
      PostgresqlServer server,
      String database,
      List<long[]> nanos,
      double elapsed,
      long wal)
      throws SQLException {
    long[] sorted = nanos.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    double verdicts = (double) sorted.length * variant.batch();
    double table = number(server, database, "SELECT pg_table_size('turnstile.verdict')") / verdicts;
    double indexes =
        number(server, database, "SELECT pg_indexes_size('turnstile.verdict')") / verdicts;
    System.out.printf(
        "| %s | %,.0f | %,.0f | %.1f | %.1f | %.0f | %.0f | %.0f | %.1f MB |%n",
        variant.name(),
        verdicts / elapsed,
        sorted.length / elapsed,
        sorted[sorted.length / 2] / 1e6,
        sorted[(int) (sorted.length * 0.99)] / 1e6,
        table,
        indexes,
        wal / verdicts,
        wal / verdicts * 5_000 / 1e6);
  }

  private static long number(PostgresqlServer server, String database, String sql)
      throws SQLException {
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
