package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** A lane over a store whose position is a number. */
class SequenceLaneTest extends LaneContract {

  private final SequenceJournal journal = new SequenceJournal(LANES);

  @Override
  TestJournal journal() {
    return journal;
  }

  @Override
  TestJournal newJournal() {
    return new SequenceJournal(LANES);
  }

  @Test
  void messagesAreTheStoresOwn() throws Exception {
    LaneCheckpoint checkpoint = laneWith(1).snapshot();
    lane().takeOver(checkpoint, null, acceptance -> {});
    laneWith(2);
    journal.deleteOldest(LANE, 2);
    assertThatThrownBy(() -> takenOver(checkpoint))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessage(
            "lane 2: the table holds lane-seq 3 to 3, and what was committed since 1 is needed");
  }
}
