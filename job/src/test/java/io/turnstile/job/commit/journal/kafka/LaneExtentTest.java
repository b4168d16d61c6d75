package io.turnstile.job.commit.journal.kafka;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.job.commit.journal.JournalException;
import java.util.List;
import org.junit.jupiter.api.Test;

class LaneExtentTest {

  private static final LaneOffsets OWN = new LaneOffsets(List.of(4L, 7L));

  private static void requireEndAt(long first, long second) throws JournalException {
    LaneExtent.requireEnd(3, List.of("a/3", "r/3"), new LaneOffsets(List.of(first, second)), OWN);
  }

  @Test
  void laneThatEndsWhereItsOwnerLeftItIsKept() {
    assertThatCode(() -> requireEndAt(4, 7)).doesNotThrowAnyException();
  }

  @Test
  void laneThatIsLongerWasWrittenToByAnother() {
    assertThatThrownBy(() -> requireEndAt(4, 9))
        .isInstanceOf(JournalException.class)
        .isNotInstanceOf(JournalException.Refused.class)
        .hasMessageStartingWith("lane 3: r/3 ends at offset 9, what was committed ends at 7")
        .hasMessageEndingWith(KafkaFailures.FOREIGN);
  }

  @Test
  void laneThatIsShorterHasLostRecords() {
    assertThatThrownBy(() -> requireEndAt(3, 7))
        .isInstanceOf(JournalException.class)
        .isNotInstanceOf(JournalException.Refused.class)
        .hasMessageStartingWith("lane 3: a/3 ends at offset 3, what was committed ends at 4")
        .hasMessageEndingWith(": records were lost, or an old leader answered");
  }
}
