package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.job.decide.Verdict;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a lane refuses to start from, and what it does not let happen. */
class LaneTest {

  private static final int LANES = 4;
  private static final int LANE = 2;

  private final InMemoryJournal journal = new InMemoryJournal(LANES);

  private Lane lane() {
    return new Lane(LANE, LANES, journal.identity(), journal.lane(LANE, () -> {}));
  }

  private Lane takenOver(LaneState restored) throws Exception {
    Lane lane = lane();
    lane.takeOver(restored, null, recollection -> {});
    return lane;
  }

  private static void commit(Lane lane) throws Exception {
    if (lane.beginCommit()) {
      lane.endCommit(lane.commit());
    }
  }

  private static Verdict accepted(long offset) {
    return Verdicts.accepted(LANE, LANES, offset);
  }

  /** A lane with so many committed verdicts, one transaction each. */
  private Lane laneWith(int verdicts) throws Exception {
    Lane lane = takenOver(null);
    for (int offset = 0; offset < verdicts; offset++) {
      lane.write(accepted(offset));
      commit(lane);
    }
    return lane;
  }

  private static long[] seqs(InMemoryJournal.StoredLane lane) {
    return lane.parts.stream()
        .flatMap(List::stream)
        .filter(slot -> slot.verdict() != null)
        .mapToLong(slot -> slot.laneSeq().orElseThrow())
        .sorted()
        .toArray();
  }

  @Test
  void laneSeqGoesOnWithoutAGapOverTopicsAndOwners() throws Exception {
    Lane first = laneWith(2);
    first.write(Verdicts.rejected(LANE, 2));
    commit(first);
    LaneState checkpoint = first.snapshot();
    first.write(accepted(3));
    commit(first);
    Lane second = takenOver(checkpoint);
    second.write(Verdicts.rejected(LANE, 4));
    commit(second);
    assertThat(seqs(journal.lanes.get(LANE))).containsExactly(1, 2, 3, 4, 5);
  }

  @Test
  void withoutCheckpointTheWholeLogIsRead() throws Exception {
    laneWith(3);
    Lane lane = takenOver(null);
    for (long offset = 0; offset < 3; offset++) {
      assertThat(lane.isDecided(Verdicts.source(offset))).isTrue();
      assertThat(lane.isDecided(Verdicts.source(offset))).isFalse();
    }
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
    lane.takeOver(null, new LaneOffsets(List.of(4L, 0L, 0L)), recollection -> {});
    assertThat(lane.isDecided(Verdicts.source(1))).isFalse();
    assertThat(lane.isDecided(Verdicts.source(2))).isTrue();
    lane.write(accepted(3));
    commit(lane);
    assertThat(seqs(journal.lanes.get(LANE))).containsExactly(1, 2, 3, 4);
  }

  @Test
  void checkpointGoesBeforeExplicitStartOffsets() throws Exception {
    LaneState checkpoint = laneWith(1).snapshot();
    laneWith(0).takeOver(checkpoint, null, recollection -> {});
    Lane lane = lane();
    lane.takeOver(checkpoint, LaneOffsets.start(InMemoryJournal.PARTS), recollection -> {});
    assertThat(lane.isDecided(Verdicts.source(0))).isFalse();
  }

  @Test
  void tailThatWasDeletedIsRefused() throws Exception {
    Lane lane = takenOver(null);
    LaneState checkpoint = lane.snapshot();
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
    LaneState before = laneWith(1).snapshot();
    LaneState ahead =
        new LaneState(
            LANE, before.identity(), new LaneOffsets(List.of(9L, 0L, 0L)), 1, before.decided());
    assertThatThrownBy(() -> takenOver(ahead))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("accepted/2 holds offsets 0 to 2");
  }

  @Test
  void anythingElseChangedSinceTheCheckpointIsRefused() throws Exception {
    LaneState checkpoint = laneWith(1).snapshot();
    for (String fact : List.of("cluster id", "lanes", "id of topic verdicts.accepted")) {
      TreeMap<String, String> other = new TreeMap<>(journal.identity());
      other.put(fact, "other");
      Lane lane = new Lane(LANE, LANES, other, journal.lane(LANE, () -> {}));
      assertThatThrownBy(() -> lane.takeOver(checkpoint, null, recollection -> {}))
          .isInstanceOf(JournalException.Refused.class)
          .hasMessageContaining("lane 2")
          .hasMessageContaining(fact)
          .hasMessageContaining("is other");
    }
  }

  /** A job of another deployment must not even be fenced by mistake. */
  @Test
  void refusedLaneIsNotFenced() throws Exception {
    Lane owner = laneWith(1);
    TreeMap<String, String> other = new TreeMap<>(journal.identity());
    other.put("cluster id", "other");
    Lane lane = new Lane(LANE, LANES, other, journal.lane(LANE, () -> {}));
    LaneState checkpoint = owner.snapshot();
    assertThatThrownBy(() -> lane.takeOver(checkpoint, null, recollection -> {}))
        .isInstanceOf(JournalException.Refused.class);
    owner.write(accepted(1));
    commit(owner);
    assertThat(journal.committed()).hasSize(2);
  }

  @Test
  void missingVerdictIsRefused() throws Exception {
    laneWith(1);
    journal.writeForeign(LANE, accepted(5), OptionalLong.of(3));
    assertThatThrownBy(() -> takenOver(null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("lacks lane-seq 2, before 3");
  }

  /** Its commit was acknowledged, and then not carried out where it stands. */
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
    LaneState checkpoint = laneWith(2).snapshot();
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

  @Test
  void secondVerdictForAnInputIsRefused() throws Exception {
    laneWith(1);
    journal.writeForeign(LANE, Verdicts.rejected(LANE, 0), OptionalLong.of(2));
    assertThatThrownBy(() -> takenOver(null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("input transactions/0/0 has more than one verdict");
  }

  @Test
  void verdictOfAnotherLaneIsRefused() {
    journal.writeForeign(LANE, Verdicts.accepted(1, LANES, 0), OptionalLong.of(1));
    assertThatThrownBy(() -> takenOver(null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("belongs into lane 1");
  }

  @Test
  void snapshotWithoutCommitBeforeItIsAnError() throws Exception {
    Lane lane = takenOver(null);
    lane.write(accepted(0));
    assertThatThrownBy(lane::snapshot).isInstanceOf(IllegalStateException.class);
    lane.beginCommit();
    assertThatThrownBy(lane::snapshot).isInstanceOf(IllegalStateException.class);
    lane.endCommit(lane.commit());
    assertThat(lane.snapshot().lastSeq()).isEqualTo(1);
  }

  @Test
  void whatIsHeldGoesIntoTheNextTransaction() throws Exception {
    Lane lane = takenOver(null);
    lane.write(accepted(0));
    lane.beginCommit();
    lane.write(accepted(1));
    lane.write(Verdicts.rejected(LANE, 2));
    assertThat(lane.heldBytes()).isPositive();
    assertThat(lane.pending()).isEqualTo(3);
    lane.endCommit(lane.commit());
    assertThat(lane.heldBytes()).isZero();
    assertThat(lane.isSettled()).isFalse();
    assertThat(journal.committed()).hasSize(1);
    commit(lane);
    assertThat(journal.committed()).hasSize(3);
    assertThat(seqs(journal.lanes.get(LANE))).containsExactly(1, 2, 3);
  }

  /** The snapshot is written out while the task goes on. */
  @Test
  void snapshotDoesNotChangeWithTheLane() throws Exception {
    laneWith(1);
    Lane lane = takenOver(null);
    LaneState snapshot = lane.snapshot();
    assertThat(lane.isDecided(Verdicts.source(0))).isTrue();
    assertThat(snapshot.decided().size()).isOne();
    assertThat(lane.snapshot().decided().size()).isZero();
  }
}
