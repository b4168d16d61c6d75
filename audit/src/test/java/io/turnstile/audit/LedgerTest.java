package io.turnstile.audit;

import static io.turnstile.audit.History.transaction;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.audit.History.Input;
import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.RejectionReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerTest {

  private final History history = new History(true);
  private final Input first = history.send(transaction("t-1", "c-1", 1));
  private final Input second = history.send(transaction("t-1", "c-1", 1));

  private AuditReport audit() {
    AuditConfig config =
        AuditConfig.builder("unused:1")
            .waitFor(Duration.ofMillis(50))
            // The group decides here, not the window.
            .dedupWindow(Duration.ofMillis(1))
            .build();
    return new AuditRun(config, history.log(), Ledger.of(history.ledger.stream())).run();
  }

  private void expectOneOfTwo() {
    history.expect(first, 0, 1, "ACCEPTED", "DUPLICATE_ID");
    history.expect(second, 0, 1, "ACCEPTED", "DUPLICATE_ID");
    history.pass(1000);
  }

  @Test
  void allowsEitherOfTwoToBeAccepted() {
    expectOneOfTwo();
    history.reject(first, RejectionReason.DUPLICATE_ID);
    history.accept(second);
    assertThat(audit().violations()).isEmpty();
  }

  @Test
  void namesAnOutcomeThatIsNotAllowed() {
    expectOneOfTwo();
    history.accept(first);
    history.reject(second, RejectionReason.ID_CONFLICT);
    AuditReport report = audit();
    assertThat(report.wrong()).isOne();
    assertThat(report.violations())
        .singleElement()
        .asString()
        .startsWith("wrong " + second.position() + " [verdicts.rejected/")
        .contains("is ID_CONFLICT, the ledger allows ACCEPTED|DUPLICATE_ID for seq 1");
  }

  @Test
  void namesADeadLetterThatIsNotAllowed() {
    Input malformed = history.sendMalformed("k", "{}");
    history.expect(malformed, 1, 0, "MALFORMED_JSON");
    history.accept(first);
    history.reject(second, RejectionReason.DUPLICATE_ID);
    history.deadLetter(malformed, DeadLetterCode.SCHEMA_VIOLATION);
    expectOneOfTwo();
    assertThat(audit().violations())
        .singleElement()
        .asString()
        .contains("is SCHEMA_VIOLATION, the ledger allows MALFORMED_JSON");
  }

  @Test
  void findsAGroupAcceptedTwice() {
    expectOneOfTwo();
    history.accept(first);
    history.accept(second);
    AuditReport report = audit();
    assertThat(report.violations())
        .filteredOn(violation -> violation.kind() == Kind.WRONG)
        .singleElement()
        .asString()
        .contains("group 0 was accepted 2 times, not 1");
    assertThat(report.wrong()).isOne();
  }

  @Test
  void findsAGroupNeverAccepted() {
    expectOneOfTwo();
    history.reject(first, RejectionReason.DUPLICATE_ID);
    history.reject(second, RejectionReason.DUPLICATE_ID);
    assertThat(audit().violations())
        .singleElement()
        .asString()
        .contains("group 0 was accepted 0 times, not 1");
  }

  @Test
  void toleratesEntriesThatWereNotSent() {
    history.expect(first, 0, 1, "ACCEPTED", "DUPLICATE_ID");
    history.expect(second, 0, 1, "ACCEPTED", "DUPLICATE_ID");
    // What was not sent may have been the one to be accepted.
    history.ledger.add(new LedgerEntry(7, 0, 1, Set.of("ACCEPTED")));
    history.ledger.add(new LedgerEntry(8, 5, 1, Set.of("ACCEPTED")));
    history.reject(first, RejectionReason.DUPLICATE_ID);
    history.reject(second, RejectionReason.DUPLICATE_ID);
    assertThat(audit().violations()).isEmpty();
  }

  @Test
  void reportsAMissingVerdictOnce() {
    expectOneOfTwo();
    history.reject(second, RejectionReason.DUPLICATE_ID);
    assertThat(audit().violations()).singleElement().asString().startsWith("missing");
  }

  @Test
  void acceptanceOfWhatWasSentAnewIsThatOfItsGroup() {
    history.expect(first, 0, 1, "ACCEPTED", "REFERENCE_UNAVAILABLE");
    history.expect(second, 0, 1, "ACCEPTED", "REFERENCE_UNAVAILABLE");
    history.reject(first, RejectionReason.REFERENCE_UNAVAILABLE);
    history.reject(second, RejectionReason.REFERENCE_UNAVAILABLE);
    history.accept(history.redrive(first));
    history.reject(history.redrive(second), RejectionReason.DUPLICATE_ID);
    AuditReport report = audit();
    assertThat(report.violations()).isEmpty();
    assertThat(report.inputs()).as("each is an input of its own").isEqualTo(4);
    assertThat(report.verdicts()).isEqualTo(4);
  }

  @Test
  void findsASecondAcceptanceOfWhatWasSentAnew() {
    expectOneOfTwo();
    history.accept(first);
    history.reject(second, RejectionReason.DUPLICATE_ID);
    history.accept(history.redrive(first));
    assertThat(audit().violations())
        .filteredOn(violation -> violation.kind() == Kind.WRONG)
        .singleElement()
        .asString()
        .contains("group 0 was accepted 2 times, not 1");
  }

  @Test
  void whatWasSentAnewAndHasNoVerdictIsMissing() {
    expectOneOfTwo();
    history.accept(first);
    history.reject(second, RejectionReason.DUPLICATE_ID);
    Input again = history.redrive(second);
    assertThat(audit().violations())
        .singleElement()
        .asString()
        .startsWith("missing " + again.position());
  }

  @Test
  void knowsEverySeq() {
    history.expect(first, 0, 1, "ACCEPTED");
    history.accept(first);
    history.accept(second);
    assertThat(audit().violations())
        .anySatisfy(v -> assertThat(v.what()).contains("ledger-seq 1 is not in the ledger"));
  }

  /** Every run that begins a ledger begins at seq 0. */
  @Test
  void thatIsOfALaterRunSaysHowToAuditThatAlone() {
    history.expect(first, 0, 1, "TOKEN_EXPIRED");
    history.expect(second, 1, 0, "DUPLICATE_ID");
    history.pass(1000);
    history.accept(first);
    history.reject(second, RejectionReason.DUPLICATE_ID);
    assertThat(audit().notes())
        .singleElement()
        .asString()
        .contains("the ledger contradicts verdicts", "another ledger, give --since");
  }

  @Test
  void thatIsOfOtherInputsProvesNothingAndSaysSo() {
    History without = new History(true);
    Input input = without.send(transaction("t-1", "c-1", 1));
    input.record().headers().remove(LedgerEntry.HEADER);
    without.accept(input);
    AuditConfig config = AuditConfig.builder("unused:1").build();
    Stream<LedgerEntry> other = Stream.of(new LedgerEntry(0, 0, 1, Set.of("ACCEPTED")));
    assertThat(new AuditRun(config, without.log(), Ledger.of(other)).run().notes())
        .singleElement()
        .asString()
        .contains("the ledger proved nothing");
  }

  @Test
  void isReadFromAFile(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("ledger.csv");
    Files.writeString(file, "0,0,1,ACCEPTED\n1,0,1,DUPLICATE_ID\n");
    Ledger.Check check = Ledger.read(file).newCheck();
    assertThat(check.verdict(0, first.position(), OutcomeCode.ACCEPTED)).isNull();
    assertThat(check.verdict(1, second.position(), OutcomeCode.ACCEPTED))
        .contains("is ACCEPTED, the ledger allows DUPLICATE_ID");
  }

  @Test
  void thatCannotBeReadSaysWhere(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("ledger.csv");
    assertThatThrownBy(() -> Ledger.read(file))
        .isInstanceOf(AuditException.class)
        .hasMessageContaining(file.toString());
    for (String bad :
        new String[] {"1,1", "x,0,1,ACCEPTED", "1,0,1,MOOD", "0,0,1,ACCEPTED", "1,0,0,ACCEPTED"}) {
      Files.writeString(file, "0,0,1,ACCEPTED\n" + bad + "\n");
      assertThatThrownBy(() -> Ledger.read(file))
          .isInstanceOf(AuditException.class)
          .hasMessageContaining("line 2");
    }
  }
}
