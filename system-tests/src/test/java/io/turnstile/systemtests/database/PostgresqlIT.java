package io.turnstile.systemtests.database;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.audit.AuditReport;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.Topics;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.simulator.TokenKind;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.GatewayProcess;
import io.turnstile.systemtests.harness.Redrive;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.systemtests.harness.faults.DatabaseFaults;
import io.turnstile.systemtests.harness.faults.Fault;
import io.turnstile.systemtests.harness.faults.FaultMatrix;
import io.turnstile.systemtests.harness.faults.FaultScenario;
import io.turnstile.systemtests.harness.faults.Faults;
import io.turnstile.testbed.Testbed;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
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

  @RegisterExtension static final TestbedExtension TESTBED = TestbedExtension.withPostgresql(2);

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

  /** The matrix in short: another one of its faults each time. */
  @Tag("containers")
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
  private static void refuse(Deployment turnstile, String condition) throws SQLException {
    turnstile.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            + " 'BEGIN RAISE EXCEPTION ''not this one''; END'",
        "CREATE TRIGGER refuse BEFORE INSERT ON turnstile.verdict FOR EACH ROW WHEN ("
            + condition
            + ") EXECUTE FUNCTION refuse()");
  }

  @Tag("extended")
  @Test
  void triggerThatRaisesStopsTheJobUntilItIsMended() throws Exception {
    try (Deployment turnstile = new Deployment(TESTBED.testbed(), "trigger.", directory, true)) {
      turnstile.publishProduct("p-1");
      turnstile.submit("--parallelism", "1");
      turnstile.send(turnstile.transaction("t-1", "c", "p-1", 1));
      awaitVerdicts(turnstile, 1);
      FlinkRest flink = TESTBED.testbed().flink();
      flink.checkpoint(turnstile.jobId(), Deployment.PATIENCE);
      String checkpoint = flink.checkpoints(turnstile.jobId()).latest().orElseThrow().path();
      refuse(turnstile, "new.transaction_id = 't-2'::bytea");
      SourcePosition refused = turnstile.send(turnstile.transaction("t-2", "c", "p-1", 2));
      assertThat(flink.awaitTerminal(turnstile.jobId(), Deployment.PATIENCE).state())
          .isEqualTo("FAILED");
      assertThat(flink.failures(turnstile.jobId()).get(0).stackTrace())
          .contains("input " + refused)
          .contains("not this one");
      turnstile.execute("DROP TRIGGER refuse ON turnstile.verdict");
      turnstile.submit(turnstile.submission("--parallelism", "1").restoredFrom(checkpoint));
      AuditReport audit = turnstile.audit(null);
      assertThat(audit.accepted()).isEqualTo(2);
    }
  }

  /** The second of two that are the same is accepted then, although it was a duplicate before. */
  @Tag("extended")
  @Test
  void inputThatATriggerRefusesIsADeadLetterIfThatIsWantedAndCanBeRedriven() throws Exception {
    try (Deployment turnstile = new Deployment(TESTBED.testbed(), "refused.", directory, true)) {
      turnstile.publishProduct("p-1");
      Transaction twice = turnstile.transaction("t-1", "c", "p-1", 1);
      SourcePosition first = turnstile.send(twice);
      turnstile.send(twice);
      turnstile.send(turnstile.transaction("t-2", "c", "p-1", 2));
      refuse(
          turnstile,
          "new.outcome = 'accepted' AND (new.transaction_id = 't-2'::bytea"
              + " OR (new.source_partition, new.source_offset) = (%d, %d))"
                  .formatted(first.partition(), first.offset()));
      turnstile.submit("--jdbc-dead-letter-refused");
      awaitVerdicts(turnstile, 3);
      AuditReport audit = turnstile.audit(null);
      assertThat(audit.accepted()).isOne();
      assertThat(audit.deadLettered()).isEqualTo(Map.of(DeadLetterCode.REFUSED_BY_DATABASE, 2L));
      assertThat(
              turnstile.number(
                  "SELECT count(*) FROM turnstile.verdict WHERE outcome = 'accepted'"
                      + " AND source_offset = "
                      + (first.offset() + 1)))
          .isOne();

      turnstile.execute("DROP TRIGGER refuse ON turnstile.verdict");
      assertThat(Redrive.run(turnstile, directory, "dead-letter").get("redriven").longValue())
          .isEqualTo(2);
      awaitVerdicts(turnstile, 5);
      audit = turnstile.audit(null);
      assertThat(audit.accepted()).isEqualTo(2);
      assertThat(audit.rejected()).isEqualTo(Map.of(RejectionReason.DUPLICATE_ID, 1L));
      assertThat(
              Redrive.run(turnstile, directory, "dead-letter").get("already_redriven").longValue())
          .isEqualTo(2);
    }
  }

  @Test
  void gatewayAnswersWithTheVerdictsOfTheTable() throws Exception {
    try (Deployment turnstile = new Deployment(TESTBED.testbed(), "gateway.", directory, true)) {
      turnstile.publishProduct("p-1");
      turnstile.submit("--parallelism", "1");
      try (GatewayProcess gateway = GatewayProcess.start(turnstile)) {
        await()
            .atMost(Deployment.PATIENCE)
            .until(() -> gateway.get("/readyz", null).statusCode() == 200);
        String transaction =
            "{\"transaction_id\": \"t-1\", \"customer_id\": \"c\", \"product_id\": \"p-1\","
                + " \"quantity\": 1, \"amount\": 5, \"currency\": \"EUR\", \"occurred_at\": 1}";
        String token = turnstile.token(TokenKind.VALID, "c");
        String first = gateway.post(transaction, token).body();
        assertThat(first).contains("\"outcome\":\"accepted\"");
        assertThat(gateway.post(transaction, token).body()).isEqualTo(first);
        JsonNode accepted = new ObjectMapper().readTree(first);
        String path =
            "/v1/verdicts/"
                + accepted.get("source_partition")
                + "/"
                + accepted.get("source_offset");
        assertThat(gateway.get(path, token).body()).isEqualTo(first);
      }
    }
  }

  private static void awaitVerdicts(Deployment turnstile, long count) {
    await()
        .atMost(Deployment.PATIENCE)
        .until(() -> turnstile.number("SELECT count(*) FROM turnstile.verdict") == count);
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
}
