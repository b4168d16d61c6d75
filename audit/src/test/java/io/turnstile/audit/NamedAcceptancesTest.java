package io.turnstile.audit;

import static io.turnstile.audit.History.named;
import static io.turnstile.audit.History.transaction;
import static io.turnstile.audit.History.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.audit.History.Input;
import io.turnstile.audit.History.Written;
import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.RejectionReason;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the audit says of duplicates that name the acceptance that they repeat. */
class NamedAcceptancesTest {

  private static final long WINDOW = Duration.ofHours(1).toMillis();

  private final History history = new History(true);
  private final Input first = history.send(transaction("t-1", "c-1", 100));

  private AuditReport audit() {
    return audit(history.log());
  }

  private static AuditReport audit(MemoryLog log) {
    AuditConfig config = AuditConfig.builder("unused:1").waitFor(Duration.ZERO).build();
    return new AuditRun(config, log, null).run();
  }

  private Input again(Input input) {
    return history.send(input.transaction());
  }

  private void assertRight() {
    AuditReport report = audit();
    assertThat(report.violations()).isEmpty();
    assertThat(report.rejected()).containsKey(RejectionReason.DUPLICATE_ID);
  }

  private void assertWrong(Input duplicate, String what) {
    AuditReport report = audit();
    assertThat(report.violations())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.kind()).isEqualTo(Kind.WRONG);
              assertThat(violation.source()).isEqualTo(duplicate.position());
              assertThat(violation.verdicts()).hasSize(1);
              assertThat(violation.what()).contains(what);
            });
    assertThat(report.wrong()).isOne();
  }

  @Test
  void theOneThatTheyRepeatIsRight() {
    PriorAcceptance accepted = named(history.accept(first));
    history.repeat(again(first), accepted);
    history.pass(WINDOW - 10);
    history.repeat(again(first), accepted);
    assertRight();
  }

  @Test
  void verdictsOfEarlierBuildsNameNone() {
    history.accept(first);
    history.reject(again(first), RejectionReason.DUPLICATE_ID);
    assertRight();
  }

  @Test
  void theirVerdictMayBeReadBeforeThatOfTheAcceptance() {
    Input duplicate = again(first);
    Written accepted = history.accept(first);
    history.repeat(duplicate, named(accepted));
    history.verdicts.remove(accepted);
    MemoryLog log = history.log();
    log.arrive(accepted.at(1000));
    AuditConfig config = AuditConfig.builder("unused:1").waitFor(Duration.ofMinutes(1)).build();
    assertThat(new AuditRun(config, log, null).run().violations()).isEmpty();
  }

  @Test
  void rejectedInputIsWrong() {
    Input expired = history.send(transaction("t-1", "c-1", 100));
    Written accepted = history.accept(first);
    history.reject(expired, RejectionReason.TOKEN_EXPIRED);
    Input duplicate = again(first);
    history.repeat(
        duplicate,
        new PriorAcceptance(
            expired.position().partition(),
            expired.position().offset(),
            expired.record().timestamp(),
            named(accepted).decidedAt()));
    assertWrong(duplicate, "is TOKEN_EXPIRED");
  }

  @Test
  void deadLetterIsWrong() {
    Input malformed = history.sendMalformed("c-1", "{");
    history.accept(first);
    history.deadLetter(malformed, DeadLetterCode.MALFORMED_JSON);
    Input duplicate = again(first);
    history.repeat(
        duplicate,
        new PriorAcceptance(
            malformed.position().partition(),
            malformed.position().offset(),
            malformed.record().timestamp(),
            1));
    assertWrong(duplicate, "is MALFORMED_JSON");
  }

  @Test
  void itselfIsWrong() {
    history.accept(first);
    Input duplicate = again(first);
    history.repeat(
        duplicate,
        new PriorAcceptance(
            duplicate.position().partition(),
            duplicate.position().offset(),
            duplicate.record().timestamp(),
            1));
    assertWrong(duplicate, "is DUPLICATE_ID");
  }

  @Test
  void acceptanceOfAnotherIdIsWrong() {
    history.accept(first);
    Written other = history.accept(history.send(transaction("t-2", "c-1", 100)));
    Input duplicate = again(first);
    history.repeat(duplicate, named(other));
    assertWrong(duplicate, "is t-2 of customer c-1");
  }

  @Test
  void acceptanceOfAnotherCustomerIsWrongInWhateverLane() {
    history.accept(first);
    for (int i = 2; i < 12; i++) {
      Written other = history.accept(history.send(transaction("t-1", "c-" + i, 100)));
      history.repeat(again(first), named(other));
    }
    AuditReport report = audit();
    assertThat(report.wrong()).isEqualTo(10);
    assertThat(report.violations()).hasSize(10);
    assertThat(report.violations().toString()).contains("is in another lane", "is t-1 of customer");
  }

  @Test
  void otherReceivedAtIsWrong() {
    PriorAcceptance accepted = named(history.accept(first));
    Input duplicate = again(first);
    history.repeat(
        duplicate,
        new PriorAcceptance(
            accepted.sourcePartition(),
            accepted.sourceOffset(),
            accepted.receivedAt() - 1,
            accepted.decidedAt()));
    assertWrong(duplicate, "has received_at " + accepted.receivedAt());
  }

  @Test
  void otherDecidedAtIsWrong() {
    Written accepted = history.accept(first);
    Input duplicate = again(first);
    history.repeat(duplicate, decidedEarlier(accepted));
    assertWrong(duplicate, "has decided_at " + named(accepted).decidedAt());
  }

  private static PriorAcceptance decidedEarlier(Written written) {
    PriorAcceptance accepted = named(written);
    return new PriorAcceptance(
        accepted.sourcePartition(),
        accepted.sourceOffset(),
        accepted.receivedAt(),
        accepted.decidedAt() - 1);
  }

  @Test
  void onlyTheWrongOneOfManyIsReported() {
    Written accepted = history.accept(first);
    history.repeat(again(first), named(accepted));
    Input duplicate = again(first);
    history.repeat(duplicate, decidedEarlier(accepted));
    history.repeat(again(first), named(accepted));
    assertWrong(duplicate, "has decided_at " + named(accepted).decidedAt());
  }

  @Test
  void acceptanceAtTheEndOfTheWindowIsRightAndBehindItWrong() {
    PriorAcceptance accepted = named(history.accept(first));
    long sinceFirst = 3;
    history.pass(WINDOW - sinceFirst);
    Input last = again(first);
    assertThat(last.record().timestamp() - first.record().timestamp())
        .isBetween(WINDOW - 3, WINDOW);
    history.repeat(last, accepted);
    assertRight();
    history.pass(5);
    Input late = again(first);
    history.repeat(late, accepted);
    assertWrong(late, "was received more than 3600000 ms apart");
  }

  @Test
  void timesThatAreNoneAreWrong() {
    PriorAcceptance accepted = named(history.accept(first));
    for (long time : new long[] {Long.MIN_VALUE, -1, Long.MAX_VALUE}) {
      history.repeat(
          again(first),
          new PriorAcceptance(
              accepted.sourcePartition(), accepted.sourceOffset(), time, accepted.decidedAt()));
      history.repeat(
          again(first),
          new PriorAcceptance(
              accepted.sourcePartition(), accepted.sourceOffset(), accepted.receivedAt(), time));
    }
    assertThat(audit().wrong()).isEqualTo(6);
  }

  /**
   * Two acceptances of the id, a window and a half apart, and between them a duplicate of both.
   *
   * @param firstIsLast true if the earlier input is decided after the duplicate
   * @param nameFirst true if the duplicate names the acceptance of the earlier input
   */
  private Input betweenTwo(boolean firstIsLast, boolean nameFirst, long firstAmount) {
    Input earlier = history.send(transaction("t-2", "c-1", firstAmount));
    history.pass(WINDOW * 3 / 4);
    Input between = history.send(transaction("t-2", "c-1", 100));
    history.pass(WINDOW * 3 / 4);
    Input later = again(between);
    Written laterAccepted = history.accept(later);
    if (firstIsLast) {
      history.repeat(between, named(laterAccepted));
      history.accept(earlier);
    } else {
      Written earlierAccepted = history.accept(earlier);
      history.repeat(between, named(nameFirst ? earlierAccepted : laterAccepted));
    }
    history.accept(first);
    return between;
  }

  @Test
  void theLeastOfTwoIsRight() {
    betweenTwo(false, true, 100);
    assertRight();
  }

  @Test
  void anotherThanTheLeastIsWrong() {
    Input duplicate = betweenTwo(false, false, 100);
    assertWrong(duplicate, "comes after transactions/");
  }

  /** Whatever the duplicate names: what is wrong is that there are two. */
  @Test
  void ofTwoWithinAWindowTheSecondIsFoundIfADuplicateHasItsTime() {
    history.accept(first);
    history.pass(WINDOW / 2);
    Input second = again(first);
    // Both in one batch.
    history.pass(-1);
    Input duplicate = again(first);
    assertThat(duplicate.record().timestamp()).isEqualTo(second.record().timestamp());
    history.repeat(duplicate, named(history.accept(second)));
    AuditReport report = audit();
    assertThat(report.acceptedTwice()).isOne();
    assertThat(report.passed()).isFalse();
  }

  @Test
  void leastIsOfThoseThatWereDecidedBefore() {
    betweenTwo(true, false, 100);
    assertRight();
  }

  @Test
  void leastIsOfThoseWithTheSameContent() {
    betweenTwo(false, false, 7);
    assertRight();
  }

  @Test
  void positionsWhereNoInputCanBeAreWrong() {
    PriorAcceptance accepted = named(history.accept(first));
    for (int partition : new int[] {-1, History.SOURCES, Integer.MAX_VALUE}) {
      history.repeat(
          again(first),
          new PriorAcceptance(partition, 0, accepted.receivedAt(), accepted.decidedAt()));
    }
    history.repeat(
        again(first), new PriorAcceptance(0, -1, accepted.receivedAt(), accepted.decidedAt()));
    AuditReport report = audit();
    assertThat(report.wrong()).isEqualTo(4);
    assertThat(report.violations().toString()).contains("there is no input at transactions/");
  }

  @Test
  void inputThatWasNeverWrittenIsFound() {
    PriorAcceptance accepted = named(history.accept(first));
    history.repeat(
        again(first),
        new PriorAcceptance(0, 1_000_000, accepted.receivedAt(), accepted.decidedAt()));
    assertThat(audit().violations())
        .singleElement()
        .satisfies(violation -> assertThat(violation.what()).contains("never written"));
  }

  @Test
  void acceptanceBeforeTheRangeProvesNothing() {
    PriorAcceptance accepted = named(history.accept(first));
    history.pass(10_000);
    Input duplicate = again(first);
    history.repeat(duplicate, accepted);
    AuditReport report =
        new AuditRun(
                AuditConfig.builder("unused:1")
                    .waitFor(Duration.ZERO)
                    .since(Instant.ofEpochMilli(duplicate.record().timestamp()))
                    .build(),
                history.log(),
                null)
            .run();
    assertThat(report.rejected()).containsKey(RejectionReason.DUPLICATE_ID);
    assertThat(report.violations()).isEmpty();
    assertThat(report.notes())
        .containsExactly(
            "only inputs appended since %s were audited"
                .formatted(Instant.ofEpochMilli(duplicate.record().timestamp())));
  }

  @Test
  void withoutLaneSeqTheyAreCheckedToo() {
    History plain = new History(false);
    Input input = plain.send(transaction("t-1", "c-1", 100));
    Written accepted = plain.accept(input);
    plain.repeat(plain.send(input.transaction()), named(accepted));
    assertThat(audit(plain.log()).violations()).isEmpty();
    plain.repeat(plain.send(input.transaction()), decidedEarlier(accepted));
    assertThat(audit(plain.log()).wrong()).isOne();
  }

  /** The duplicate was committed and names an acceptance whose commit Kafka forgot. */
  @Test
  void acceptanceThatWasDecidedAnewIsRight() {
    Written forgotten = history.accept(first);
    history.verdicts.remove(forgotten);
    history.repeat(again(first), named(forgotten));
    Written anew = history.accept(first);
    assertThat(named(anew)).isNotEqualTo(named(forgotten));
    MemoryLog log = history.log();
    log.abort(forgotten.at(1_000));
    AuditReport report = audit(log);
    assertThat(report.violations()).isEmpty();
    assertThat(report.notes()).anyMatch(note -> note.contains("were never committed"));
  }

  @Test
  void otherReasonsRepeatNothing() {
    PriorAcceptance accepted = named(history.accept(first));
    Map<RejectionReason, Input> inputs = new HashMap<>();
    for (RejectionReason reason : RejectionReason.values()) {
      if (reason != RejectionReason.DUPLICATE_ID && !reason.retryable()) {
        Input input = again(first);
        Written written = history.repeat(input, accepted);
        history.replace(
            written,
            written.withValue(
                utf8(
                    new String(written.record().value(), StandardCharsets.UTF_8)
                        .replace("DUPLICATE_ID", reason.name()))));
        inputs.put(reason, input);
      }
    }
    AuditReport report = audit();
    assertThat(report.wrong()).isEqualTo(inputs.size());
    assertThat(report.violations())
        .allSatisfy(violation -> assertThat(violation.what()).endsWith("repeats no acceptance"));
  }

  @Test
  void whatIsNoAcceptanceIsNoVerdict() {
    Written accepted = history.accept(first);
    Written written = history.repeat(again(first), named(accepted));
    String value = new String(written.record().value(), StandardCharsets.UTF_8);
    for (String other :
        new String[] {
          value.replaceFirst("\"acceptance\":\\{[^}]*}", "\"acceptance\":7"),
          value.replaceFirst("\"acceptance\":\\{[^}]*}", "\"acceptance\":null"),
          value.replaceFirst("\"acceptance\":\\{[^}]*}", "\"acceptance\":{}"),
          value.replace("\"source_partition\":", "\"source_partition\":3000000000"),
          value.replace("\"source_offset\":", "\"source_offset\":1."),
        }) {
      assertThat(other).isNotEqualTo(value);
      history.verdicts.set(1, written.withValue(utf8(other)));
      assertThat(audit().violations())
          .as(other)
          .singleElement()
          .satisfies(violation -> assertThat(violation.what()).startsWith("not a verdict"));
    }
  }
}
