package io.turnstile.simulator.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.SourcePosition;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerAuditTest {

  private static final SourcePosition FIRST = new SourcePosition("transactions", 0, 7);
  private static final SourcePosition SECOND = new SourcePosition("transactions", 0, 8);
  private static final String OK = "{\"source_partition\":0,\"source_offset\":7}";

  @TempDir private Path directory;

  private Path ledger(Object... statusesAndBodies) throws Exception {
    Path file = directory.resolve("answers.jsonl");
    try (AnswerLedger ledger = new AnswerLedger(file, true)) {
      long seq = ledger.asked(question("t"));
      for (int i = 0; i < statusesAndBodies.length; i += 2) {
        ledger.answered(
            seq,
            (Integer) statusesAndBodies[i],
            ((String) statusesAndBodies[i + 1]).getBytes(StandardCharsets.UTF_8));
      }
    }
    return file;
  }

  private static Question question(String id) {
    return new Question("c", id, "{}", () -> "", 0);
  }

  private static AnswerAudit audit(Path ledger, SourcePosition... accepted) throws Exception {
    return AnswerAudit.of(Map.of(List.of("c", "t"), Set.of(accepted)), List.of(ledger));
  }

  @Test
  void acceptanceThatIsAnsweredWithItsPositionPasses() throws Exception {
    AnswerAudit found = audit(ledger(503, "", 202, "", 200, OK), FIRST);

    assertThat(found.passed()).isTrue();
    assertThat(found.questions()).isEqualTo(1);
    assertThat(found.answers()).isEqualTo(3);
    assertThat(found.acceptances()).isEqualTo(1);
    assertThat(found.examples()).isEmpty();
  }

  @Test
  void rejectionNeedsNoAcceptance() throws Exception {
    assertThat(audit(ledger(409, "{}")).passed()).isTrue();
  }

  @Test
  void questionWithoutFinalAnswerIsAFault() throws Exception {
    AnswerAudit found = audit(ledger(503, "", 429, "", 408, ""), FIRST);

    assertThat(found.unanswered()).isEqualTo(1);
    assertThat(found.denied()).isZero();
    assertThat(found.passed()).isFalse();
    assertThat(found.examples()).containsExactly("unanswered: t of c: no final answer");
  }

  @Test
  void twoAnswersThatDifferAreAFault() throws Exception {
    assertThat(audit(ledger(200, OK, 200, OK + " "), FIRST).changed()).isEqualTo(1);
  }

  @Test
  void answerThatNamesNoAcceptanceIsAFault() throws Exception {
    assertThat(audit(ledger(200, OK)).unfounded()).isEqualTo(1);
    Files.delete(directory.resolve("answers.jsonl"));
    assertThat(audit(ledger(200, OK), SECOND).unfounded()).isEqualTo(1);
    Files.delete(directory.resolve("answers.jsonl"));
    assertThat(audit(ledger(200, "OK"), SECOND).unfounded()).isEqualTo(1);
  }

  @Test
  void acceptanceThatWasAnsweredWithARejectionIsAFault() throws Exception {
    assertThat(audit(ledger(401, "{}"), FIRST).denied()).isEqualTo(1);
  }

  @Test
  void twoAcceptancesAreAFault() throws Exception {
    assertThat(audit(ledger(200, OK), FIRST, SECOND).acceptedTwice()).isEqualTo(1);
  }

  @Test
  void ledgerIsContinuedAndWhatWasCutOffIsDropped() throws Exception {
    Path file = ledger(503, "");
    Files.writeString(file, "{\"seq\":0,\"status\":200,\"bo", StandardOpenOption.APPEND);

    try (AnswerLedger again = new AnswerLedger(file, true)) {
      assertThat(again.unanswered())
          .extracting(AnswerLedger.Line::transactionId)
          .containsExactly("t");
      assertThat(again.questions()).isEqualTo(1);
      assertThat(again.asked(question("u"))).isEqualTo(1);
      again.answered(0, 200, OK.getBytes(StandardCharsets.UTF_8));
      again.answered(1, 409, "{}".getBytes(StandardCharsets.UTF_8));
    }

    assertThat(audit(file, FIRST).passed()).isTrue();
    try (AnswerLedger last = new AnswerLedger(file, true)) {
      assertThat(last.unanswered()).isEmpty();
    }
  }
}
