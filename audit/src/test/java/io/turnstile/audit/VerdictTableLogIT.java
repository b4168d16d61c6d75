package io.turnstile.audit;

import static io.turnstile.audit.History.NAMES;
import static io.turnstile.audit.History.transaction;
import static io.turnstile.audit.History.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.turnstile.audit.History.Input;
import io.turnstile.audit.History.Written;
import io.turnstile.audit.Violation.Kind;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.Outcome;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.testbed.process.PostgresqlServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An audit of verdicts in a real PostgreSQL. */
class VerdictTableLogIT {

  private static final int INPUTS = 2_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private static PostgresqlServer server;

  private final History history = new History(true);
  private String database;

  @BeforeAll
  static void startServer() {
    server = PostgresqlServer.start(Path.of("target", "postgresql"), History.LANES, Map.of());
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void createHistory() throws Exception {
    database = server.createJournal();
    for (int i = 0; i < INPUTS; i++) {
      if (i % 100 == 99) {
        Input malformed = history.sendMalformed(i % 200 == 99 ? null : "k", "{");
        malformed.record().headers().add("some", new byte[] {0, 1});
        history.deadLetter(malformed, DeadLetterCode.MALFORMED_JSON);
        continue;
      }
      Input input = history.send(transaction("t-" + i, "c-" + i % 17, i));
      if (i % 5 == 0) {
        history.reject(input, RejectionReason.TOKEN_EXPIRED);
      } else {
        history.accept(input);
      }
    }
  }

  /** Writes the verdicts as the table has them. */
  private void writeVerdicts() throws Exception {
    try (Connection connection = server.connect(database);
        PreparedStatement row =
            connection.prepareStatement(
                """
                INSERT INTO turnstile.verdict (lane, lane_seq, source_topic, source_partition,
                  source_offset, outcome, reason, customer_id, received_at, value, error_message,
                  input_key, input_headers)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, to_timestamp(?::bigint / 1000.0), ?, ?, ?, ?)
                """)) {
      for (Written written : history.verdicts) {
        ConsumerRecord<byte[], byte[]> record = written.record();
        Headers headers = record.headers();
        SourcePosition source = VerdictHeaders.position(headers);
        String code = VerdictHeaders.optional(headers, VerdictHeaders.ERROR_CODE);
        boolean dead = written.topic() == Outcome.DEAD_LETTER;
        row.setInt(1, record.partition());
        row.setLong(2, VerdictHeaders.number(headers, VerdictHeaders.LANE_SEQ));
        row.setString(3, source.topic());
        row.setInt(4, source.partition());
        row.setLong(5, source.offset());
        row.setString(6, written.topic().headerValue());
        row.setString(7, code);
        row.setBytes(8, dead ? null : record.key());
        row.setLong(9, record.timestamp());
        row.setBytes(10, record.value());
        row.setBytes(11, dead ? utf8("because") : null);
        row.setBytes(12, dead ? record.key() : null);
        row.setBytes(13, dead ? inputHeaders(headers) : null);
        row.addBatch();
      }
      row.executeBatch();
    }
    execute(
        "UPDATE turnstile.lane l SET last_seq ="
            + " (SELECT max(lane_seq) FROM turnstile.verdict v WHERE v.lane = l.lane)");
  }

  private static byte[] inputHeaders(Headers headers) throws Exception {
    ArrayNode json = JSON.createArrayNode();
    for (Header header : headers) {
      if (header.key().startsWith(InputHeaders.PREFIX)) {
        json.add(header.key()).add(header.value());
      }
    }
    return JSON.writeValueAsBytes(json);
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private AuditReport audit() {
    return audit(AuditConfig.builder("unused:1"));
  }

  private AuditReport audit(AuditConfigBuilder config) {
    PostgresqlSource source =
        new PostgresqlSource(server.url(database), PostgresqlServer.JOB_USER, null);
    CommittedLog log = new RoutedLog(history.log(), new VerdictTableLog(source, NAMES));
    return new AuditRun(config.waitFor(Duration.ofMillis(50)).build(), log, null).run();
  }

  private static void assertOnly(AuditReport report, Kind kind, Written verdict) {
    assertThat(report.violations()).hasSize(1);
    assertThat(report.violations().get(0).kind()).isEqualTo(kind);
    assertThat(report.violations().get(0).source())
        .isEqualTo(VerdictHeaders.position(verdict.record().headers()));
  }

  private static String at(Written verdict) {
    SourcePosition source = VerdictHeaders.position(verdict.record().headers());
    return " WHERE source_partition = %d AND source_offset = %d"
        .formatted(source.partition(), source.offset());
  }

  @Test
  void correctDeploymentPassesAndIsCounted() throws Exception {
    writeVerdicts();
    AuditReport report = audit();
    assertThat(report.violations()).isEmpty();
    assertThat(report.notes()).isEmpty();
    assertThat(report.verdicts()).isEqualTo(INPUTS);
    assertThat(report.rejected()).isEqualTo(Map.of(RejectionReason.TOKEN_EXPIRED, 400L));
    assertThat(report.deadLettered()).isEqualTo(Map.of(DeadLetterCode.MALFORMED_JSON, 20L));
    assertThat(report.accepted()).isEqualTo(INPUTS - 400 - 20);
  }

  @Test
  void verdictThatIsMissingIsNamed() throws Exception {
    writeVerdicts();
    Written removed = history.verdicts.get(123);
    execute("DELETE FROM turnstile.verdict" + at(removed));
    AuditReport report = audit();
    assertThat(report.missing()).isOne();
    assertThat(report.violations().toString())
        .contains(VerdictHeaders.position(removed.record().headers()).toString())
        .contains("lacks 1 lane-seq");
  }

  /** As with a table whose keys somebody has dropped. */
  @Test
  void secondVerdictIsNamed() throws Exception {
    writeVerdicts();
    Written doubled = history.verdicts.get(124);
    execute("ALTER TABLE turnstile.verdict DROP CONSTRAINT verdict_source");
    execute(
        "INSERT INTO turnstile.verdict (lane, lane_seq, source_topic, source_partition,"
            + " source_offset, outcome, customer_id, received_at, value)"
            + " SELECT lane, (SELECT max(lane_seq) + 1 FROM turnstile.verdict o"
            + " WHERE o.lane = v.lane), source_topic, source_partition, source_offset, outcome,"
            + " customer_id, received_at, value FROM turnstile.verdict v"
            + at(doubled));
    AuditReport report = audit();
    assertThat(report.duplicated()).isOne();
    assertThat(report.violations().toString())
        .contains(VerdictHeaders.position(doubled.record().headers()).toString());
  }

  @Test
  void verdictThatWasChangedIsNamed() throws Exception {
    writeVerdicts();
    Written changed = history.verdicts.get(126);
    execute(
        "UPDATE turnstile.verdict SET value = convert_to(replace(convert_from(value, 'UTF8'),"
            + " '\"received_at\":1', '\"received_at\":2'), 'UTF8')"
            + at(changed));
    assertOnly(audit(), Kind.WRONG, changed);
  }

  @Test
  void onlyInputsSinceATimeCanBeAudited() throws Exception {
    Input late = history.pass(3_600_000).send(transaction("t-late", "c-late", 1));
    history.accept(late);
    writeVerdicts();
    AuditReport report =
        audit(
            AuditConfig.builder("unused:1").since(Instant.ofEpochMilli(History.START + 3_600_000)));
    assertThat(report.violations()).isEmpty();
    assertThat(report.inputs()).isOne();
    assertThat(report.verdicts()).isOne();
  }

  @Test
  void databaseThatCannotBeReadIsSaidInOneLine() throws Exception {
    String empty = server.createDatabase();
    PostgresqlSource source = new PostgresqlSource(server.url(empty), "job", null);
    VerdictTableLog log = new VerdictTableLog(source, NAMES);
    assertThatThrownBy(() -> log.partitions(NAMES.accepted()))
        .isInstanceOf(AuditException.class)
        .hasMessageContaining("turnstile_reader")
        .hasMessageNotContaining("\n");
  }
}
