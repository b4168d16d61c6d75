package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.job.commit.journal.kafka.LaneOffsets;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A lane over a store whose position is made of offsets, as Kafka's is. */
class LaneTest extends LaneContract {

  private final InMemoryJournal journal = new InMemoryJournal(LANES);

  @Override
  TestJournal journal() {
    return journal;
  }

  @Override
  TestJournal newJournal() {
    return new InMemoryJournal(LANES);
  }

  @Test
  void logWithoutItsBeginningIsRefusedWithoutCheckpoint() throws Exception {
    laneWith(3);
    journal.deleteBefore(LANE, 0, 2);
    assertThatThrownBy(() -> takenOver(null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("lane 2: accepted/2 begins at offset 2")
        .hasMessageContaining("--journal-start-offsets");
  }

  @Test
  void explicitStartOffsetsStandInForACheckpoint() throws Exception {
    laneWith(3);
    journal.deleteBefore(LANE, 0, 2);
    Lane lane = lane();
    lane.takeOver(null, new LaneOffsets(List.of(4L, 0L, 0L)).position(), acceptance -> {});
    assertThat(lane.isDecided(Verdicts.source(1))).isFalse();
    assertThat(lane.isDecided(Verdicts.source(2))).isTrue();
    lane.write(accepted(3));
    commit(lane);
    assertThat(journal.seqs(LANE)).containsExactly(1L, 2L, 3L, 4L);
  }

  @Test
  void checkpointGoesBeforeExplicitStartOffsets() throws Exception {
    LaneCheckpoint checkpoint = laneWith(1).snapshot();
    takenOver(checkpoint);
    Lane lane = lane();
    lane.takeOver(
        checkpoint, LaneOffsets.start(InMemoryJournal.PARTS).position(), acceptance -> {});
    assertThat(lane.isDecided(Verdicts.source(0))).isFalse();
  }

  @Test
  void tailThatWasDeletedIsRefused() throws Exception {
    Lane lane = takenOver(null);
    LaneCheckpoint checkpoint = lane.snapshot();
    lane.write(accepted(0));
    commit(lane);
    lane.write(accepted(1));
    commit(lane);
    journal.deleteBefore(LANE, 0, 2);
    assertThatThrownBy(() -> takenOver(checkpoint))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("lane 2: accepted/2 holds offsets 2 to 4")
        .hasMessageContaining("since 0 is needed");
  }

  @Test
  void logThatEndsBeforeTheCheckpointIsRefused() throws Exception {
    LaneCheckpoint before = laneWith(1).snapshot();
    LaneCheckpoint ahead =
        new LaneCheckpoint(
            LANE,
            before.identity(),
            new LaneOffsets(List.of(9L, 0L, 0L)).position(),
            1,
            before.decided());
    assertThatThrownBy(() -> takenOver(ahead))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("accepted/2 holds offsets 0 to 2");
  }

  @Test
  void anythingElseChangedSinceTheCheckpointIsRefused() throws Exception {
    LaneCheckpoint checkpoint = laneWith(1).snapshot();
    for (String fact : List.of("cluster id", "lanes", "id of topic verdicts.accepted")) {
      TreeMap<String, String> other = new TreeMap<>(journal.identity());
      other.put(fact, "other");
      Lane lane = new Lane(LANE, LANES, other, journal.lane(LANE, () -> {}));
      assertThatThrownBy(() -> lane.takeOver(checkpoint, null, acceptance -> {}))
          .isInstanceOf(JournalException.Refused.class)
          .hasMessageContaining("lane 2")
          .hasMessageContaining(fact)
          .hasMessageContaining("is other");
    }
  }

  /** Its commit was acknowledged, and then not carried out where the verdict is. */
  @Test
  void verdictThatIsThereAndWasNeverCommittedIsDecidedAgain() throws Exception {
    laneWith(3);
    journal.hide(LANE, 2);
    Lane lane = takenOver(null);
    assertThat(lane.isDecided(Verdicts.source(0))).isTrue();
    assertThat(lane.isDecided(Verdicts.source(1))).isFalse();
    assertThat(lane.isDecided(Verdicts.source(2))).isTrue();
    lane.write(accepted(1));
    commit(lane);
    assertThat(lane.snapshot().lastSeq()).isEqualTo(4);
  }

  @Test
  void numberGivenTwiceIsRefused() throws Exception {
    LaneCheckpoint checkpoint = laneWith(2).snapshot();
    journal.writeForeign(LANE, Verdicts.rejected(LANE, 5), OptionalLong.of(2));
    assertThatThrownBy(() -> takenOver(null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("has lane-seq 2 twice");
    assertThatThrownBy(() -> takenOver(checkpoint))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("has lane-seq 2 twice");
  }

  @Test
  void verdictOfTheOtherModeIsRefused() {
    journal.writeForeign(LANE, accepted(0), OptionalLong.empty());
    assertThatThrownBy(() -> takenOver(null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("accepted/2 offset 0 has no lane-seq")
        .hasMessageContaining("--commit checkpoint");
  }
}
