package io.turnstile.audit;

import static io.turnstile.audit.History.NAMES;
import static io.turnstile.audit.History.transaction;
import static io.turnstile.audit.History.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.audit.History.Input;
import io.turnstile.audit.History.Written;
import io.turnstile.audit.Violation.Kind;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.Outcome;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class AuditRunTest {

  private static final Duration SHORT = Duration.ofMillis(50);

  /** Whatever a machine is busy with, what arrives during the wait is read in it. */
  private static final Duration AMPLE = Duration.ofSeconds(1);

  private final History history = new History(true);

  /** Audited with no ledger, and hardly any wait. */
  private static AuditReport audit(MemoryLog log) {
    return audit(log, AuditConfig.builder("unused:1").waitFor(SHORT));
  }

  private static AuditReport audit(MemoryLog log, AuditConfigBuilder config) {
    return new AuditRun(config.build(), log, null).run();
  }

  private static void assertOnly(AuditReport report, Kind kind, Input input, String what) {
    assertThat(report.passed()).isFalse();
    assertThat(report.violations()).hasSize(1);
    Violation violation = report.violations().get(0);
    assertThat(violation.kind()).isEqualTo(kind);
    assertThat(violation.source()).isEqualTo(input.position());
    assertThat(violation.what()).contains(what);
    if (kind != Kind.MISSING) {
      assertThat(violation.verdicts()).isNotEmpty();
    }
  }

  @Nested
  class ACorrectHistory {

    @Test
    void passesAndIsCounted() {
      for (int i = 0; i < 3000; i++) {
        Input input = history.send(transaction("t-" + i, "c-" + i % 17, i));
        if (i % 5 == 0) {
          history.reject(input, RejectionReason.TOKEN_EXPIRED);
        } else {
          history.accept(input);
        }
        if (i % 100 == 0) {
          history.deadLetter(history.sendMalformed("k", "{"), DeadLetterCode.MALFORMED_JSON);
        }
      }
      AuditReport report = audit(history.log());
      assertThat(report.violations()).isEmpty();
      assertThat(report.notes()).isEmpty();
      assertThat(report.passed()).isTrue();
      assertThat(report.inputs()).isEqualTo(3030);
      assertThat(report.verdicts()).isEqualTo(3030);
      assertThat(report.accepted()).isEqualTo(2400);
      assertThat(report.rejected()).isEqualTo(Map.of(RejectionReason.TOKEN_EXPIRED, 600L));
      assertThat(report.deadLettered()).isEqualTo(Map.of(DeadLetterCode.MALFORMED_JSON, 30L));
      assertThat(report.acceptedAmount()).isEqualTo(Map.of("EUR", BigInteger.valueOf(3_600_000)));
    }

    @Test
    void withoutLaneSeqPassesToo() {
      History plain = new History(false);
      for (int i = 0; i < 10; i++) {
        plain.accept(plain.send(transaction("t-" + i, "c", i)));
      }
      assertThat(audit(plain.log()).passed()).isTrue();
    }

    @Test
    void withoutInputsPassesAndSaysSo() {
      AuditReport report = audit(history.log());
      assertThat(report.passed()).isTrue();
      assertThat(report.toText(20)).contains("nothing to audit");
    }

    @Test
    void sumsBeyond64Bits() {
      history.accept(history.send(transaction("t-1", "c", Long.MAX_VALUE)));
      history.accept(history.send(transaction("t-2", "c", Long.MAX_VALUE)));
      assertThat(audit(history.log()).acceptedAmount())
          .containsEntry("EUR", BigInteger.valueOf(Long.MAX_VALUE).shiftLeft(1));
    }

    @Test
    void mayHoldNullKeysAndValues() {
      history.deadLetter(history.sendMalformed(null, null), DeadLetterCode.MALFORMED_JSON);
      history.deadLetter(history.sendMalformed("k", null), DeadLetterCode.MALFORMED_JSON);
      history.deadLetter(history.sendMalformed(null, "[]"), DeadLetterCode.SCHEMA_VIOLATION);
      assertThat(audit(history.log()).violations()).isEmpty();
    }

    @Test
    void mayHaveVerdictsInAnyOrder() {
      List<Input> inputs =
          IntStream.range(0, 5000)
              .mapToObj(i -> history.send(transaction("t-" + i, "c-" + i % 5, i)))
              .toList();
      for (int i = inputs.size() - 1; i >= 0; i--) {
        history.accept(inputs.get(i));
      }
      assertThat(audit(history.log()).violations()).isEmpty();
    }
  }

  @Nested
  class OneVerdictOfThree {

    private Input input;
    private Written verdict;

    @BeforeEach
    void write() {
      history.accept(history.send(transaction("t-1", "c-1", 100)));
      input = history.send(transaction("t-2", "c-1", 200));
      verdict = history.accept(input);
      history.accept(history.send(transaction("t-3", "c-1", 300)));
    }

    private AuditReport auditWith(Written changed) {
      history.replace(verdict, changed);
      return audit(history.log());
    }

    private Written edited(String from, String to) {
      String value = new String(verdict.record().value(), StandardCharsets.UTF_8);
      assertThat(value).contains(from);
      return verdict.withValue(utf8(value.replace(from, to)));
    }

    @Test
    void isMissing() {
      history.verdicts.remove(verdict);
      AuditReport report = audit(history.log());
      assertThat(report.missing()).isOne();
      assertThat(report.misrouted()).as("its lane-seq").isOne();
      assertThat(report.verdicts()).isEqualTo(2);
      assertThat(report.violations().get(0).toString())
          .startsWith("missing " + input.position() + ": no verdict");
    }

    @Test
    void isDoubled() {
      history.verdicts.add(verdict.withHeader(VerdictHeaders.LANE_SEQ, "4"));
      AuditReport report = audit(history.log());
      assertOnly(report, Kind.DUPLICATED, input, "one more verdict");
      assertThat(report.duplicated()).isOne();
      assertThat(report.violations().get(0).verdicts()).hasSize(2);
    }

    @Test
    void isContradictedByAnother() {
      history.reject(input, RejectionReason.DUPLICATE_ID);
      assertOnly(audit(history.log()), Kind.DUPLICATED, input, "one more verdict");
    }

    @Test
    void hasAnotherAmount() {
      // With a fitting content hash, so that the verdict is consistent in itself.
      Written other = history.accept(new Input(input.record(), transaction("t-2", "c-1", 201)));
      history.verdicts.remove(other);
      AuditReport report = auditWith(verdict.withValue(other.record().value()));
      assertThat(report.violations().get(0).what()).isEqualTo("amount is 201, its input's is 200");
      assertOnly(report, Kind.WRONG, input, "");
    }

    @Test
    void hasAnotherTransactionId() {
      assertOnly(
          auditWith(edited("\"t-2\"", "\"t-9\"")), Kind.WRONG, input, "transaction_id is t-9");
    }

    @Test
    void hasAnotherReceivedAt() {
      long is = input.record().timestamp();
      assertOnly(
          auditWith(edited("\"received_at\":" + is, "\"received_at\":" + (is + 1))),
          Kind.WRONG,
          input,
          "received_at is " + (is + 1));
    }

    @Test
    void hasAContentHashThatIsNotOfItsContent() {
      assertOnly(
          auditWith(edited("\"amount\":200", "\"amount\":201")), Kind.WRONG, input, "content_hash");
    }

    @Test
    void hasAnotherProductInside() {
      assertOnly(
          auditWith(
              edited("\"product\":{\"product_id\":\"p-1\"", "\"product\":{\"product_id\":\"p-2\"")),
          Kind.WRONG,
          input,
          "product is not that of product_id");
    }

    @Test
    void isNoJson() {
      assertOnly(
          auditWith(verdict.withValue(utf8("{\"transaction_id\":"))),
          Kind.WRONG,
          input,
          "not a verdict");
    }

    @Test
    void isNull() {
      assertOnly(auditWith(verdict.withValue(null)), Kind.WRONG, input, "the value is null");
    }

    @Test
    void lacksAField() {
      assertOnly(
          auditWith(edited("\"decided_at\"", "\"decided\"")), Kind.WRONG, input, "decided_at");
    }

    @Test
    void standsInAnotherTopic() {
      assertOnly(
          auditWith(verdict.in(Outcome.REJECTED)),
          Kind.MISROUTED,
          input,
          "outcome accepted in the topic of rejected");
    }

    @Test
    void standsInAnotherLane() {
      AuditReport report = auditWith(verdict.inLane((verdict.record().partition() + 1) % 3));
      assertThat(report.passed()).isFalse();
      assertThat(report.violations()).extracting(Violation::kind).containsOnly(Kind.MISROUTED);
      assertThat(report.violations().toString()).contains("customer c-1 has verdicts in lane");
    }

    @Test
    void hasAnotherKey() {
      assertOnly(
          auditWith(verdict.withKey(utf8("c-2"))),
          Kind.MISROUTED,
          input,
          "key c-2, customer_id c-1");
    }

    @Test
    void hasAnotherOutcome() {
      assertOnly(
          auditWith(verdict.withHeader(VerdictHeaders.OUTCOME, "rejected")),
          Kind.MISROUTED,
          input,
          "outcome rejected in the topic of accepted");
    }

    @Test
    void hasNoOutcome() {
      assertOnly(
          auditWith(verdict.withHeader(VerdictHeaders.OUTCOME, null)),
          Kind.MISROUTED,
          input,
          "header outcome is missing");
    }

    @Test
    void doesNotSayWhichInputItIsAbout() {
      AuditReport report = auditWith(verdict.withHeader(VerdictHeaders.SOURCE_OFFSET, null));
      assertThat(report.missing()).isOne();
      assertThat(report.misrouted()).isOne();
      assertThat(report.violations().get(1).what()).contains("source-offset is missing");
    }

    @Test
    void isAboutAnotherInput() {
      Input other = history.inputs.get(0);
      AuditReport report =
          auditWith(
              verdict
                  .withHeader(VerdictHeaders.SOURCE_OFFSET, "0")
                  .withHeader(VerdictHeaders.SOURCE_PARTITION, "0"));
      assertThat(report.missing()).isOne();
      assertThat(report.duplicated()).isOne();
      assertThat(report.violations())
          .filteredOn(v -> v.kind() == Kind.DUPLICATED)
          .allSatisfy(v -> assertThat(v.source()).isEqualTo(other.position()));
    }

    @Test
    void isAboutAPartitionThatDoesNotExist() {
      AuditReport report = auditWith(verdict.withHeader(VerdictHeaders.SOURCE_PARTITION, "2"));
      assertThat(report.missing()).isOne();
      assertThat(report.misrouted()).isOne();
      assertThat(report.violations().get(1).what())
          .contains("there is no input at such a position");
    }

    @Test
    void isAboutAnotherTopic() {
      AuditReport report = auditWith(verdict.withHeader(VerdictHeaders.SOURCE_TOPIC, "inventory"));
      assertThat(report.missing()).isOne();
      assertThat(report.misrouted()).isOne();
    }

    @Test
    void hasALaneSeqThatLeavesAGap() {
      AuditReport report = auditWith(verdict.withHeader(VerdictHeaders.LANE_SEQ, "9"));
      assertThat(report.misrouted()).isOne();
      assertThat(report.violations().get(0).what())
          .contains("lacks 6 lane-seq between 1 and 9", "the first is 2");
    }

    @Test
    void hasALaneSeqAfterSomeThatWereNeverCommitted() {
      Written after = verdict.withHeader(VerdictHeaders.LANE_SEQ, "9");
      history.replace(verdict, after);
      MemoryLog log = history.log();
      for (long number = 2; number < 9; number++) {
        log.abort(
            after.withHeader(VerdictHeaders.LANE_SEQ, Long.toString(number)).at(1_000 + number));
      }
      AuditReport report = audit(log);
      assertThat(report.passed()).as(report.toText(20)).isTrue();
      assertThat(report.notes()).anyMatch(note -> note.contains("were never committed"));
    }

    @Test
    void hasNoLaneSeqThoughTheOneBeforeHas() {
      history.replace(
          history.verdicts.get(2),
          history.verdicts.get(2).withHeader(VerdictHeaders.LANE_SEQ, null));
      AuditReport report = audit(history.log());
      assertThat(report.misrouted()).isOne();
      assertThat(report.violations().get(0).what()).contains("no lane-seq");
    }

    @Test
    void hasNoLaneSeqThoughTheOneAfterHas() {
      history.replace(
          history.verdicts.get(0),
          history.verdicts.get(0).withHeader(VerdictHeaders.LANE_SEQ, null));
      AuditReport report = audit(history.log());
      assertThat(report.misrouted()).isOne();
      assertThat(report.violations().get(0).what()).contains("the first is 1");
    }

    @Test
    void hasALaneSeqThatAnotherHas() {
      AuditReport report = auditWith(verdict.withHeader(VerdictHeaders.LANE_SEQ, "1"));
      assertThat(report.violations())
          .extracting(Violation::what)
          .anySatisfy(what -> assertThat(what).contains("lane-seq 1 comes twice"))
          .anySatisfy(what -> assertThat(what).contains("the first is 2"));
    }
  }

  @Nested
  class ARejection {

    private Input input;
    private Written verdict;

    @BeforeEach
    void write() {
      input = history.send(transaction("t-1", "c-1", 100));
      verdict = history.reject(input, RejectionReason.TOKEN_INVALID);
    }

    private AuditReport auditEdited(String from, String to) {
      String value = new String(verdict.record().value(), StandardCharsets.UTF_8);
      history.replace(verdict, verdict.withValue(utf8(value.replace(from, to))));
      return audit(history.log());
    }

    @Test
    void forAnUnknownReasonIsWrong() {
      assertOnly(auditEdited("TOKEN_INVALID", "MOOD"), Kind.WRONG, input, "MOOD");
    }

    @Test
    void thatSaysItIsRetryableThoughItIsNotIsWrong() {
      assertOnly(
          auditEdited("\"retryable\":false", "\"retryable\":true"),
          Kind.WRONG,
          input,
          "retryable is not that of TOKEN_INVALID");
    }

    @Test
    void ofAnotherTransactionIsWrong() {
      assertOnly(
          auditEdited("\"t-1\"", "\"t-2\""),
          Kind.WRONG,
          input,
          "transaction_id is t-2, its input's is t-1");
    }

    @Test
    void ofAMalformedInputIsWrong() {
      Input malformed = history.sendMalformed("c-1", "{}");
      history.reject(
          new Input(malformed.record(), transaction("t-2", "c-1", 1)),
          RejectionReason.TOKEN_INVALID);
      assertOnly(
          audit(history.log()),
          Kind.WRONG,
          malformed,
          "TOKEN_INVALID, but its input is SCHEMA_VIOLATION");
    }
  }

  @Nested
  class ADeadLetter {

    private Input input;
    private Written verdict;

    @BeforeEach
    void write() {
      input = history.sendMalformed("c-1", "{\"half\":");
      verdict = history.deadLetter(input, DeadLetterCode.MALFORMED_JSON);
    }

    private AuditReport auditWith(Written changed) {
      history.replace(verdict, changed);
      return audit(history.log());
    }

    @Test
    void withOtherBytesIsWrong() {
      assertOnly(
          auditWith(verdict.withValue(utf8("{\"Half\":"))),
          Kind.WRONG,
          input,
          "bytes are not those of its input");
    }

    @Test
    void withNullInsteadOfNothingIsWrong() {
      Input empty = history.sendMalformed("c-1", "");
      Written written = history.deadLetter(empty, DeadLetterCode.MALFORMED_JSON);
      history.replace(written, written.withValue(null));
      assertOnly(audit(history.log()), Kind.WRONG, empty, "bytes are not those of its input");
    }

    @Test
    void withAnotherKeyIsWrong() {
      assertOnly(
          auditWith(verdict.withKey(utf8("c-2"))),
          Kind.WRONG,
          input,
          "key is not that of its input");
    }

    @Test
    void withAnotherCodeIsWrong() {
      assertOnly(
          auditWith(verdict.withHeader(VerdictHeaders.ERROR_CODE, "TOO_LARGE")),
          Kind.WRONG,
          input,
          "TOO_LARGE, but its input is MALFORMED_JSON");
    }

    @Test
    void withoutMessageIsWrong() {
      assertOnly(
          auditWith(verdict.withHeader(VerdictHeaders.ERROR_MESSAGE, null)),
          Kind.WRONG,
          input,
          "error-message is missing");
    }

    @Test
    void withoutTheHeadersOfItsInputIsWrong() {
      assertOnly(
          auditWith(verdict.withHeader("input.ledger-seq", null)),
          Kind.WRONG,
          input,
          "headers are not those of its input");
    }

    @Test
    void withOtherHeadersThanItsInputIsWrong() {
      assertOnly(
          auditWith(verdict.withHeader("input.source-offset", "7")),
          Kind.WRONG,
          input,
          "headers are not those of its input");
    }

    @Test
    void withAWrongNumberOfHeadersThatItHasNoRoomForIsWrong() {
      assertOnly(
          auditWith(verdict.withHeader("input-headers-dropped", "1")),
          Kind.WRONG,
          input,
          "headers are not those of its input");
    }

    @Test
    void ofAnInputWithMoreHeadersThanItHasRoomForIsRight() {
      Input flooded = history.sendMalformed("c-1", "{");
      String large = "x".repeat(InputHeaders.MAX_BYTES);
      VerdictHeaders.add(flooded.record().headers(), "a", large);
      VerdictHeaders.add(flooded.record().headers(), "source-offset", "99");
      flooded.record().headers().add("a", null);
      history.deadLetter(flooded, DeadLetterCode.MALFORMED_JSON);
      assertThat(audit(history.log()).violations()).isEmpty();
    }

    @Test
    void isTheOnlyVerdictWithHeadersOfItsInput() {
      Input good = history.send(transaction("t-1", "c-1", 1));
      Written accepted = history.accept(good);
      history.replace(accepted, accepted.withHeader("input.ledger-seq", "1"));
      assertOnly(audit(history.log()), Kind.WRONG, good, "as only a dead letter may");
    }

    @Test
    void ofAWellFormedInputIsWrong() {
      Input good = history.send(transaction("t-1", "c-1", 1));
      history.deadLetter(good, DeadLetterCode.SCHEMA_VIOLATION);
      assertOnly(audit(history.log()), Kind.WRONG, good, "its input is a well-formed transaction");
    }

    @Test
    void ofAWellFormedInputThatADatabaseRefusedIsRight() {
      Input good = history.send(transaction("t-1", "c-1", 1));
      good.record().headers().add("some", new byte[] {1});
      history.deadLetter(good, DeadLetterCode.REFUSED_BY_DATABASE);
      AuditReport report = auditOfADatabase();
      assertThat(report.violations()).isEmpty();
      assertThat(report.deadLettered()).containsEntry(DeadLetterCode.REFUSED_BY_DATABASE, 1L);
    }

    private AuditReport auditOfADatabase() {
      PostgresqlSource database = new PostgresqlSource("jdbc:postgresql:unused", "unused", null);
      return audit(
          history.log(), AuditConfig.builder("unused:1").waitFor(SHORT).database(database));
    }

    @Test
    void thatADatabaseRefusedIsWrongInKafka() {
      Input good = history.send(transaction("t-1", "c-1", 1));
      history.deadLetter(good, DeadLetterCode.REFUSED_BY_DATABASE);
      assertOnly(audit(history.log()), Kind.WRONG, good, "no database has these verdicts");
    }

    @Test
    void ofAnInputThatADatabaseRefusedRepeatsThatInput() {
      Input good = history.send(transaction("t-1", "c-1", 1));
      Written written = history.deadLetter(good, DeadLetterCode.REFUSED_BY_DATABASE);
      history.replace(written, written.withValue(utf8("{}")));
      assertOnly(auditOfADatabase(), Kind.WRONG, good, "bytes are not those of its input");
    }

    @Test
    void ofAMalformedInputSaysWhatIsWrongWithThatAndNotThatADatabaseRefusedIt() {
      Input malformed = history.sendMalformed("c-1", "[]");
      history.deadLetter(malformed, DeadLetterCode.REFUSED_BY_DATABASE);
      assertOnly(
          auditOfADatabase(),
          Kind.WRONG,
          malformed,
          "REFUSED_BY_DATABASE, but its input is SCHEMA_VIOLATION");
    }
  }

  @Nested
  class ASecondAcceptance {

    private AuditReport auditAfter(Duration apart, String customer) {
      history.accept(history.send(transaction("t-1", "c-1", 1)));
      history.pass(apart.toMillis());
      history.accept(history.send(transaction("t-1", customer, 1)));
      return audit(history.log());
    }

    @Test
    void withinTheWindowIsFound() {
      AuditReport report = auditAfter(Duration.ofMinutes(59), "c-1");
      assertThat(report.acceptedTwice()).isOne();
      assertOnly(report, Kind.ACCEPTED_TWICE, history.inputs.get(1), "t-1 of customer c-1");
      assertThat(report.violations().get(0).verdicts()).hasSize(2);
    }

    @Test
    void outsideTheWindowIsFine() {
      assertThat(auditAfter(Duration.ofHours(1), "c-1").violations()).isEmpty();
    }

    @Test
    void ofAnotherCustomerIsFine() {
      assertThat(auditAfter(Duration.ZERO, "c-2").violations()).isEmpty();
    }

    @Test
    void isFoundHoweverLateItsVerdictComes() {
      Input first = history.send(transaction("t-1", "c-1", 1));
      Input second = history.send(transaction("t-1", "c-1", 2));
      history.accept(first);
      // Between the two, the lane sees a day's acceptances from another source partition.
      for (int i = 0; i < 24; i++) {
        history.pass(Duration.ofHours(1).toMillis());
        history.accept(history.send(transaction("u-" + i, "c-1", 1)));
      }
      history.accept(second);
      assertOnly(audit(history.log()), Kind.ACCEPTED_TWICE, second, "t-1 of customer c-1");
    }

    @Test
    void ofTheSameInputCountsAsDuplicateOnly() {
      Input input = history.send(transaction("t-1", "c-1", 1));
      history.accept(input);
      history.accept(input);
      history.pass(Duration.ofHours(5).toMillis());
      Input late = history.send(transaction("t-2", "c-1", 1));
      history.verdicts.add(0, history.accept(late));
      history.verdicts.remove(history.verdicts.size() - 1);
      assertOnly(audit(history.log()), Kind.DUPLICATED, input, "one more verdict");
    }
  }

  @Nested
  class TheRange {

    private final TopicPartition source = new TopicPartition(NAMES.transactions(), 0);

    @Test
    void endsWhereTheInputsEndedAtFirst() {
      Input input = history.send(transaction("t-1", "c-1", 1));
      history.accept(input);
      MemoryLog log = history.log();
      log.open(source, 10);
      history.verdicts.clear();
      Written later = history.accept(input).withHeader(VerdictHeaders.SOURCE_OFFSET, "5");
      log.append(later.at(100));
      AuditReport report = audit(log);
      assertThat(report.violations()).isEmpty();
      assertThat(report.verdicts()).isOne();
    }

    @Test
    void hasNoVerdictsAboutInputsThatWereNeverWritten() {
      Input input = history.send(transaction("t-1", "c-1", 1));
      Written verdict = history.accept(input);
      history.verdicts.add(
          verdict
              .withHeader(VerdictHeaders.SOURCE_OFFSET, "5")
              .withHeader(VerdictHeaders.LANE_SEQ, "2"));
      AuditReport report = audit(history.log());
      assertThat(report.misrouted()).isOne();
      assertThat(report.violations().get(0).toString())
          .contains("transactions/0/5", "never written");
    }

    @Test
    void hasNoVerdictsIfNothingWasEverWritten() {
      Input input = history.send(transaction("t-1", "c-1", 1));
      history.accept(input);
      history.inputs.clear();
      AuditReport report = audit(history.log());
      assertOnly(report, Kind.MISROUTED, input, "never written");
      assertThat(report.inputs()).isZero();
    }

    @Test
    void hasNoVerdictsAboutOffsetsWithoutInput() {
      for (int i = 0; i < 20; i++) {
        history.accept(history.send(transaction("t-" + i, "c-1", 1)));
      }
      // Offset 6 is a marker of the producer's transaction.
      history.verdicts.add(
          history
              .verdicts
              .get(0)
              .withHeader(VerdictHeaders.SOURCE_OFFSET, "6")
              .withHeader(VerdictHeaders.LANE_SEQ, "21"));
      AuditReport report = audit(history.log());
      assertThat(report.violations())
          .filteredOn(violation -> violation.kind() == Kind.MISROUTED)
          .singleElement()
          .asString()
          .contains("transactions/0/6 [verdicts.accepted/", "a verdict, but there is no input");
      assertThat(report.wrong()).isZero();
    }

    @Test
    void startsWhereRetentionLeftTheInputs() {
      for (int i = 0; i < 20; i++) {
        history.accept(history.send(transaction("t-" + i, "c-1", 1)));
      }
      MemoryLog log = history.log();
      log.deleteBefore(source, 3);
      AuditReport report = audit(log);
      assertThat(report.violations()).isEmpty();
      assertThat(report.inputs()).isEqualTo(17);
      assertThat(report.verdicts()).isEqualTo(17);
    }

    @Test
    void startsSince() {
      history.verdicts.clear();
      history.send(transaction("no verdict", "c-1", 1));
      history.accept(history.send(transaction("t-1", "c-1", 1)));
      history.pass(Duration.ofMinutes(30).toMillis());
      Input later = history.send(transaction("t-2", "c-1", 1));
      history.accept(later);
      history.accept(history.send(transaction("t-1", "c-1", 1)));
      AuditReport report =
          audit(
              history.log(),
              AuditConfig.builder("unused:1")
                  .waitFor(SHORT)
                  .since(Instant.ofEpochMilli(later.record().timestamp())));
      assertThat(report.violations()).isEmpty();
      assertThat(report.inputs()).isEqualTo(2);
      assertThat(report.verdicts()).isEqualTo(2);
    }

    @Test
    void isEmptySinceAfterTheLastInput() {
      history.send(transaction("t-1", "c-1", 1));
      AuditReport report =
          audit(
              history.log(),
              AuditConfig.builder("unused:1").since(Instant.now().plusSeconds(3600)));
      assertThat(report.passed()).isTrue();
      assertThat(report.inputs()).isZero();
    }

    @Test
    void needsTheTopics() {
      assertThatThrownBy(() -> audit(new MemoryLog()))
          .isInstanceOf(AuditException.class)
          .hasMessageContaining("topic transactions does not exist");
    }
  }

  @Nested
  class AnInputWithoutVerdict {

    private final List<Input> inputs =
        IntStream.range(0, 8).mapToObj(i -> history.send(transaction("t-" + i, "c-1", 1))).toList();

    /** The records that the verdicts about some inputs will be. */
    private void arriveLater(MemoryLog log, int... numbers) {
      for (int i : numbers) {
        log.arrive(history.accept(inputs.get(i)).at(1000 + i));
      }
    }

    @Test
    void isFineIfTheVerdictComesDuringTheWait() {
      MemoryLog log = history.log();
      arriveLater(log, 0, 1, 2, 3, 4, 5, 6, 7);
      AuditReport report =
          audit(log, AuditConfig.builder("unused:1").waitFor(Duration.ofMinutes(1)));
      assertThat(report.violations()).isEmpty();
      assertThat(report.inFlight()).isZero();
      assertThat(report.verdicts()).isEqualTo(8);
    }

    @Test
    void isWrongIfTheVerdictThatComesDuringTheWaitIs() {
      MemoryLog log = history.log();
      arriveLater(log, 1, 2, 3, 4, 5, 6, 7);
      log.arrive(
          history.accept(new Input(inputs.get(0).record(), transaction("t-0", "c-1", 2))).at(2000));
      AuditReport report =
          audit(log, AuditConfig.builder("unused:1").waitFor(Duration.ofMinutes(1)));
      assertOnly(report, Kind.WRONG, inputs.get(0), "amount is 2, its input's is 1");
    }

    @Test
    void isInFlightIfTheJobIsAtWorkAndHadNotComeToIt() {
      history.accept(inputs.get(0));
      history.accept(inputs.get(1));
      MemoryLog log = history.log();
      arriveLater(log, 2, 3);
      AuditReport report = audit(log, AuditConfig.builder("unused:1").waitFor(AMPLE));
      assertThat(report.violations()).isEmpty();
      assertThat(report.inFlight()).isEqualTo(4);
      assertThat(report.passed()).isTrue();
      assertThat(report.notes()).anySatisfy(note -> assertThat(note).contains("in flight"));
    }

    @Test
    void isMissingIfTheJobIsAtWorkButWentPastIt() {
      history.accept(inputs.get(1));
      history.accept(inputs.get(2));
      MemoryLog log = history.log();
      arriveLater(log, 3, 4, 5, 6, 7);
      AuditReport report = audit(log, AuditConfig.builder("unused:1").waitFor(AMPLE));
      assertOnly(report, Kind.MISSING, inputs.get(0), "no verdict");
      assertThat(report.inFlight()).isZero();
    }

    @Test
    void isMissingIfNoVerdictComesAtAll() {
      history.accept(inputs.get(0));
      AuditReport report = audit(history.log());
      assertThat(report.missing()).isEqualTo(7);
      assertThat(report.inFlight()).isZero();
      assertThat(report.notes()).anySatisfy(n -> assertThat(n).contains("is the job running"));
    }

    @Test
    void isExpiredIfRetentionMayHaveDeletedTheVerdict() {
      for (Input input : inputs) {
        history.pass(1000);
        history.accept(input);
      }
      Input last = history.send(transaction("t-9", "c-1", 1));
      history.verdicts.clear();
      Written kept = history.accept(last);
      Input unanswered = history.send(transaction("t-10", "c-1", 1));
      MemoryLog log = history.log();
      TopicPartition accepted = new TopicPartition(NAMES.accepted(), kept.record().partition());
      log.append(kept.at(50));
      log.deleteBefore(accepted, 50);
      AuditReport report = audit(log);
      assertThat(report.expiredByRetention()).isEqualTo(8);
      assertOnly(report, Kind.MISSING, unanswered, "no verdict");
      assertThat(report.notes()).anySatisfy(note -> assertThat(note).contains("deleted from"));
    }

    @Test
    void isMissingIfRetentionDeletedOnlyVerdictsFromBeforeTheRange() {
      inputs.forEach(history::accept);
      history.pass(Duration.ofMinutes(30).toMillis());
      Input unanswered = history.send(transaction("t-8", "c-1", 1));
      Input last = history.send(transaction("t-9", "c-1", 1));
      int lane = history.accept(last).record().partition();
      MemoryLog log = history.log();
      log.deleteBefore(new TopicPartition(NAMES.accepted(), lane), 4);
      AuditReport report =
          audit(
              log,
              AuditConfig.builder("unused:1")
                  .waitFor(SHORT)
                  .since(Instant.ofEpochMilli(unanswered.record().timestamp())));
      assertThat(report.expiredByRetention()).isZero();
      assertThat(report.violations())
          .filteredOn(violation -> violation.kind() == Kind.MISSING)
          .singleElement()
          .extracting(Violation::source)
          .isEqualTo(unanswered.position());
    }

    @Test
    void isMissingIfRetentionDeletedOnlyVerdictsOfAnotherKind() {
      MemoryLog log = history.log();
      log.deleteBefore(new TopicPartition(NAMES.deadLetter(), 0), 50);
      AuditReport report = audit(log);
      assertThat(report.expiredByRetention()).isZero();
      assertThat(report.missing()).isEqualTo(8);
    }
  }

  @Nested
  class LaneSeq {

    @Test
    void mayStartLaterWhereRetentionDeletedVerdicts() {
      for (int i = 0; i < 30; i++) {
        Input input = history.send(transaction("t-" + i, "c-1", 1));
        if (i % 2 == 0) {
          history.accept(input);
        } else {
          history.reject(input, RejectionReason.TOKEN_INVALID);
        }
      }
      MemoryLog log = history.log();
      int lane = history.verdicts.get(0).record().partition();
      // Each topic starts elsewhere: of lane-seq 1 to 30, 13, 15, 17, … and 24, 26, … are left.
      log.deleteBefore(new TopicPartition(NAMES.accepted(), lane), 12);
      log.deleteBefore(new TopicPartition(NAMES.rejected(), lane), 22);
      AuditReport report = audit(log);
      assertThat(report.misrouted()).isZero();
      assertThat(report.missing()).isZero();
    }

    @Test
    void mayBeMissingBeforeTheFirstVerdictThatHasOne() {
      History plain = new History(false);
      plain.accept(plain.send(transaction("t-1", "c-1", 1)));
      Input input = plain.send(transaction("t-2", "c-1", 1));
      Written numbered = plain.accept(input).withHeader(VerdictHeaders.LANE_SEQ, "1");
      plain.verdicts.set(1, numbered);
      assertThat(audit(plain.log()).violations()).isEmpty();
    }

    @Test
    void isNotCheckedForGapsBehindAnOpenTransaction() {
      for (int i = 0; i < 5; i++) {
        history.accept(history.send(transaction("t-" + i, "c-1", 1)));
      }
      Written first = history.verdicts.get(0);
      history.replace(
          history.verdicts.get(4),
          history.verdicts.get(4).withHeader(VerdictHeaders.LANE_SEQ, "6"));
      MemoryLog log = history.log();
      log.open(new TopicPartition(NAMES.rejected(), first.record().partition()), 1);
      AuditReport report = audit(log);
      assertThat(report.violations()).isEmpty();
      assertThat(report.notes())
          .anySatisfy(
              n -> assertThat(n).contains("open transactions hide the end of verdicts.rejected-"));
    }
  }

  @Test
  void aCustomerInTwoLanesCountsOnce() {
    History plain = new History(false);
    for (int i = 0; i < 10; i++) {
      Written verdict = plain.accept(plain.send(transaction("t-" + i, "c-1", 1)));
      plain.replace(verdict, verdict.inLane(i % 2));
    }
    AuditReport report = audit(plain.log());
    assertThat(report.misrouted()).isOne();
    assertThat(report.violations())
        .singleElement()
        .asString()
        .contains("customer c-1 has verdicts in lane");
  }

  @Test
  void violationsAreCountedExactlyAndKeptInPart() {
    for (int i = 0; i < 5000; i++) {
      Input input = history.send(transaction("t-" + i, "c-1", 1));
      Transaction other = transaction("t-" + i, "c-1", 2);
      history.accept(new Input(input.record(), i % 2 == 0 ? other : input.transaction()));
    }
    AuditReport report = audit(history.log());
    assertThat(report.wrong()).isEqualTo(2500);
    assertThat(report.violations()).hasSize(Violations.KEPT);
    assertThat(report.toText(20)).contains("… and 2480 more");
  }

  @Test
  void theReportIsWrittenAsJson() throws Exception {
    history.accept(history.send(transaction("t-1", "c-1", 7)));
    history.reject(history.send(transaction("t-1", "c-1", 7)), RejectionReason.DUPLICATE_ID);
    history.send(transaction("t-2", "c-1", 7));
    JsonNode json = new ObjectMapper().readTree(audit(history.log()).toJson());
    assertThat(json.get("passed").booleanValue()).isFalse();
    assertThat(json.get("inputs").longValue()).isEqualTo(3);
    assertThat(json.get("verdicts").longValue()).isEqualTo(2);
    assertThat(json.get("missing").longValue()).isEqualTo(1);
    assertThat(json.get("duplicated").longValue()).isZero();
    assertThat(json.get("wrong").longValue()).isZero();
    assertThat(json.get("accepted").longValue()).isEqualTo(1);
    assertThat(json.get("rejected").toString()).isEqualTo("{\"DUPLICATE_ID\":1}");
    assertThat(json.get("dead_lettered").longValue()).isZero();
    assertThat(json.get("accepted_amount").toString()).isEqualTo("{\"EUR\":7}");
    assertThat(json.get("violations").get(0).get("source").textValue())
        .isEqualTo("transactions/0/1");
  }

  @Test
  void theVerdictCodecReadsWhatTheAuditReads() {
    // The history's verdicts are those of the contract, or these tests would prove nothing.
    Written verdict = history.accept(history.send(transaction("t-1", "c-1", 7)));
    assertThat(VerdictCodec.decodeAcceptance(verdict.record().value()).amount()).isEqualTo(7);
  }
}
