package io.turnstile.systemtests.database;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.audit.AuditReport;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.Topics;
import io.turnstile.events.SourcePosition;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.systemtests.harness.faults.DatabaseFaults;
import io.turnstile.systemtests.harness.faults.Fault;
import io.turnstile.systemtests.harness.faults.FaultMatrix;
import io.turnstile.systemtests.harness.faults.FaultScenario;
import io.turnstile.systemtests.harness.faults.Faults;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A whole job on a real PostgreSQL; {@code DatabaseFaultMatrixIT} has the other faults. */
class PostgresqlIT {

  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfig.builder()
              .taskManagers(2)
              .taskManagerMemory("1600m")
              .journalLanes(Deployment.LANES)
              .build());

  @TempDir Path directory;

  @BeforeAll
  static void prepareServer() {
    DatabaseFaults.recordCommitTimes(TESTBED.testbed().database());
    TESTBED.testbed().database().gate();
  }

  @Tag("extended")
  @Test
  void killedTaskManagerLosesAndDoublesNothing() throws Exception {
    underLoad(Faults.onEveryTestbed().get(0), "taskmanager.");
  }

  @Test
  void killedServerLosesAndDoublesNothing() throws Exception {
    underLoad(DatabaseFaults.all().get(0), "server.");
  }

  /** The matrix in short, for every build: another one of its faults each time. */
  @Tag("extended")
  @Test
  void drawnFaultLosesAndDoublesNothing() throws Exception {
    List<Fault<Testbed>> others =
        DatabaseFaults.all().stream().skip(1).filter(Fault::stops).toList();
    int drawn = new Random(FaultMatrix.SEED).nextInt(others.size());
    System.out.printf("drawn by -Dmatrix.seed=%d%n", FaultMatrix.SEED);
    underLoad(others.get(drawn), "drawn.");
  }

  private void underLoad(Fault<Testbed> fault, String prefix) throws Exception {
    FaultScenario.drawn(FaultMatrix.SEED)
        .with("postgresql")
        .sending(20_000, 2_000)
        .require(FaultScenario.Result::requireClean, TESTBED.testbed(), fault, prefix, directory);
  }

  /** As a stored procedure does that does not like an input. */
  @Tag("extended")
  @Test
  void triggerThatRaisesStopsTheJobUntilItIsMended() throws Exception {
    try (Deployment turnstile = new Deployment(TESTBED.testbed(), "trigger.", directory, true)) {
      turnstile.publishProduct("p-1");
      turnstile.submit("--parallelism", "1");
      turnstile.send(turnstile.transaction("t-1", "c", "p-1", 1));
      await()
          .atMost(Deployment.PATIENCE)
          .until(() -> turnstile.number("SELECT count(*) FROM turnstile.verdict") == 1);
      FlinkRest flink = TESTBED.testbed().flink();
      flink.checkpoint(turnstile.jobId(), Deployment.PATIENCE);
      String checkpoint = flink.checkpoints(turnstile.jobId()).latest().orElseThrow().path();
      execute(
          turnstile,
          "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
              + " 'BEGIN RAISE EXCEPTION ''not this one''; END'",
          "CREATE TRIGGER refuse BEFORE INSERT ON turnstile.verdict FOR EACH ROW"
              + " WHEN (new.transaction_id = 't-2'::bytea) EXECUTE FUNCTION refuse()");
      SourcePosition refused = turnstile.send(turnstile.transaction("t-2", "c", "p-1", 2));
      assertThat(flink.awaitTerminal(turnstile.jobId(), Deployment.PATIENCE).state())
          .isEqualTo("FAILED");
      assertThat(flink.failures(turnstile.jobId()).get(0).stackTrace())
          .contains("input " + refused)
          .contains("not this one");
      execute(turnstile, "DROP TRIGGER refuse ON turnstile.verdict");
      turnstile.submit(turnstile.submission("--parallelism", "1").restoredFrom(checkpoint));
      AuditReport audit = turnstile.audit(null);
      assertThat(audit.accepted()).isEqualTo(2);
    }
  }

  @Tag("extended")
  @Test
  void namedReferencesAreInTheTableToo() throws Exception {
    String topic = "named.references.tariff";
    try (Deployment turnstile = new Deployment(TESTBED.testbed(), "named.", directory, true)) {
      try (Admin admin = turnstile.admin()) {
        new Topics(turnstile.topics(), Deployment.LANES, Deployment.LANES)
            .withoutVerdicts()
            .withReferences(List.of(topic))
            .create(admin, (short) -1);
      }
      turnstile.publishProduct("p-1");
      byte[] tariff = "{\"product_id\":\"p-1\",\"version\":3}".getBytes(UTF_8);
      turnstile.producer().send(new ProducerRecord<>(topic, "p-1".getBytes(UTF_8), tariff)).get();
      turnstile.submit(
          "--parallelism",
          "1",
          "--reference",
          "tariff:keyed-by=product,required=true,topic=" + topic,
          "--carry-fields",
          "channel");
      turnstile.send(turnstile.transaction("t-1", "c", "p-1", 1));
      await()
          .atMost(Deployment.PATIENCE)
          .until(
              () ->
                  turnstile.number(
                          "SELECT count(*) FROM turnstile.verdict"
                              + " WHERE convert_from(value, 'UTF8')::json"
                              + " #>> '{references,tariff,version}' = '3'")
                      == 1);
      assertThat(turnstile.audit(null).accepted()).isEqualTo(1);
    }
  }

  private static void execute(Deployment turnstile, String... statements) throws SQLException {
    String url = turnstile.connection().database().url();
    String name = url.substring(url.lastIndexOf('/') + 1);
    try (Connection connection = TESTBED.testbed().database().connect(name);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }
}
