package io.turnstile.job.commit.journal.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.job.commit.journal.JournalException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

class SqlFailuresTest {

  private static final String TOKEN =
      "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjLTEiLCJleHAiOjE3MDAwMDAwMDB9."
          + "c2lnbmF0dXJlLW9mLXRoaXMtdG9rZW4tb2Ytc2l4dHktZm91ci1ieXRlcw";

  /** Fields in the server's own format: a letter and a text each. */
  private static PSQLException answer(String state, String message, String... more) {
    StringBuilder fields = new StringBuilder("SERROR\0C" + state + "\0M" + message + "\0");
    for (String field : more) {
      fields.append(field).append('\0');
    }
    return new PSQLException(new ServerErrorMessage(fields.toString()), false);
  }

  @Test
  void brokenCheckIsOfTheRow() {
    assertThat(SqlFailures.isOfRows(answer("23514", "new row", "nfew", "RExecConstraints")))
        .isTrue();
  }

  /** A trigger may say so, with a SQLSTATE of its choice and no constraint. */
  @Test
  void exceptionOfATriggerIsOfTheRow() {
    assertThat(SqlFailures.isOfRows(answer("P0001", "no", "Rexec_stmt_raise"))).isTrue();
    assertThat(SqlFailures.isOfRows(answer("23514", "no", "Rexec_stmt_raise"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ExecFindPartition", "ExecPartitionCheckEmitError"})
  void wantOfAPartitionIsNotOfTheRowAndMayPass(String routine) {
    PSQLException failure =
        answer("23514", "no partition of relation \"verdict\" found for row", "R" + routine);
    assertThat(SqlFailures.isOfRows(failure)).isFalse();
    assertThat(SqlFailures.explain("committing", failure))
        .isNotInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("attach a partition for such rows")
        .hasMessageEndingWith("; the job goes back to its last checkpoint");
  }

  /** The driver has the same SQLSTATEs, and knows nothing of rows. */
  @Test
  void whatTheServerHasNotSaidIsNotOfARow() {
    assertThat(SqlFailures.isOfRows(new SQLException("out of range", "22003"))).isFalse();
    assertThat(
            SqlFailures.isOfRows(
                new PSQLException("no such type", PSQLState.NUMERIC_VALUE_OUT_OF_RANGE)))
        .isFalse();
  }

  @Test
  void keyOfTheJournalIsNotOfTheRow() {
    assertThat(SqlFailures.isOfRows(answer("23505", "twice", "sturnstile", "nverdict_source")))
        .isFalse();
    assertThat(SqlFailures.isOfRows(answer("23505", "twice", "spublic", "nbooking_pkey"))).isTrue();
  }

  @Test
  void tokenThatATriggerSaysIsInNoMessage() {
    PSQLException failure = answer("P0001", "not for c-1: {\"token\":\"" + TOKEN + "\"}, sorry");
    assertThat(SqlFailures.oneLine(failure))
        .isEqualTo("ERROR: not for c-1: {\"token\":\"…\"}, sorry (SQLSTATE P0001)");
    assertThat(SqlFailures.explain("committing", failure))
        .hasMessageContaining("not for c-1")
        .satisfies(e -> assertThat(e).hasStackTraceContaining("not for c-1"))
        .satisfies(e -> assertThat(e.getCause().getMessage()).doesNotContain("eyJ"));
  }

  /** As the server writes a value of type bytea, and as encode() does. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\\x7b22746f6b656e223a2265794a68624763694f694a46557a49314e694a39",
        "7b22746f6b656e223a2265794a68624763694f694a46557a49314e694a39",
        "eyJ0b2tlbiI6ImV5SmhiR2NpT2lKRlV6STFOaUo5LmV5SnpkV0lpT2lK"
      })
  void encodedValueIsInNoMessage(String value) {
    assertThat(SqlFailures.oneLine(answer("P0001", "not " + value + " today")))
        .isEqualTo("ERROR: not … today (SQLSTATE P0001)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "verdict_2026_11_30_source_topic_source_partition_source_offset_key",
        "0b5c1f8e-3d3b-4f53-9d1a-1f0a4c7f0e11"
      })
  void namesAndIdsAreKept(String name) {
    assertThat(SqlFailures.oneLine(answer("23514", "broken: \"" + name + "\"")))
        .contains('"' + name + '"');
  }

  @Test
  void longMessageIsCut() {
    String line = SqlFailures.oneLine(answer("P0001", "no ".repeat(1_000) + "\nsecond line"));
    assertThat(line).hasSizeLessThan(350).contains("…").doesNotContain("second");
  }

  @Test
  void causeStillTellsWhatHappened() {
    JournalException explained =
        SqlFailures.explain("committing", answer("23514", "new row", "sturnstile", "nfew"));
    assertThat(explained).isInstanceOf(JournalException.Refused.class);
    assertThat(explained.getCause())
        .isInstanceOfSatisfying(
            PSQLException.class, e -> assertThat(SqlFailures.isOfRows(e)).isTrue());
    assertThat(
            SqlFailures.isSessionEnded(
                SqlFailures.explain("reading", answer("57P01", "terminating")).getCause()))
        .isTrue();
  }
}
