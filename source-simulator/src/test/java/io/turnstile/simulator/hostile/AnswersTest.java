package io.turnstile.simulator.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.SourcePosition;
import java.io.IOException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class AnswersTest {

  private static final String NAME = "attack";
  private static final String TOPIC = "transactions";
  private static final SourcePosition POSITION = new SourcePosition(TOPIC, 1, 2);
  private static final ProducerRecord<byte[], byte[]> RECORD =
      new ProducerRecord<>(TOPIC, new byte[0]);
  private static final String RIGHT = DeadLetterCode.MALFORMED_JSON.name();

  private final Shot decided = Shot.decided(RECORD, DeadLetterCode.MALFORMED_JSON);
  private final Answers answers = new Answers();

  @Test
  void oneRightVerdictIsClean() {
    answers.sent(NAME, decided, POSITION);
    answers.verdict(POSITION, RIGHT);
    assertThat(answers.missing()).isZero();
    assertClean(true);
  }

  @Test
  void verdictThatIsReadBeforeTheAcknowledgementCounts() {
    answers.verdict(POSITION, RIGHT);
    answers.sent(NAME, decided, POSITION);
    assertThat(answers.missing()).isZero();
    assertClean(true);
  }

  @Test
  void verdictsOfOthersDoNotMatter() {
    answers.sent(NAME, decided, POSITION);
    answers.verdict(new SourcePosition(TOPIC, 2, 2), "ACCEPTED");
    answers.verdict(POSITION, RIGHT);
    assertClean(true);
  }

  @Test
  void noVerdictIsNotClean() {
    answers.sent(NAME, decided, POSITION);
    assertThat(answers.missing()).isOne();
    assertClean(false);
  }

  @Test
  void anotherVerdictIsNotClean() {
    answers.sent(NAME, decided, POSITION);
    answers.verdict(POSITION, "ACCEPTED");
    assertClean(false);
    assertThat(answers.tallies().get(NAME).toString())
        .contains("transactions/1/2 is ACCEPTED, not [MALFORMED_JSON]");
  }

  @Test
  void secondVerdictIsNotClean() {
    answers.sent(NAME, decided, POSITION);
    answers.verdict(POSITION, RIGHT);
    answers.verdict(POSITION, RIGHT);
    assertClean(false);
  }

  @Test
  void verdictOnWhatWasAbortedIsNotClean() {
    Shot aborted = Shot.undecided(RECORD);
    answers.sent(NAME, aborted, POSITION);
    assertThat(answers.missing()).isZero();
    assertClean(true);
    answers.verdict(POSITION, "UNKNOWN_PRODUCT");
    assertClean(false);
  }

  @Test
  void recordThatTheBrokerShouldRefuseMustBeRefused() {
    Shot refused = Shot.refused(RECORD);
    answers.notSent(NAME, refused, new IOException("too large"));
    assertThat(answers.refused(NAME)).isOne();
    assertClean(true);
    answers.sent(NAME, refused, POSITION);
    assertClean(false);
  }

  @Test
  void recordThatCouldNotBeSentIsNotClean() {
    answers.notSent(NAME, decided, new IOException("no broker"));
    assertClean(false);
    assertThat(answers.tallies().get(NAME).toString()).contains("1 failed: no broker");
  }

  private void assertClean(boolean clean) {
    assertThat(answers.tallies().get(NAME).isClean()).isEqualTo(clean);
  }
}
