package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.job.decide.RecoveredAcceptance;
import io.turnstile.job.decide.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

/** The protocol over any store: when a lane refuses to start, and what it does not let happen. */
abstract class LaneContract {

  static final int LANES = 4;
  static final int LANE = 2;

  /** The store of the test. */
  abstract TestJournal journal();

  /** Another one with the same identity, and empty. */
  abstract TestJournal newJournal();

  final Lane lane() {
    return lane(journal());
  }

  private static Lane lane(TestJournal store) {
    return new Lane(LANE, LANES, store.identity(), store.lane(LANE, () -> {}));
  }

  final Lane takenOver(LaneCheckpoint restored) throws Exception {
    Lane lane = lane();
    lane.takeOver(restored, null, acceptance -> {});
    return lane;
  }

  static void commit(Lane lane) throws Exception {
    if (lane.beginCommit()) {
      lane.endCommit(lane.commit());
    }
  }

  static Verdict accepted(long offset) {
    return Verdicts.accepted(LANE, LANES, offset);
  }

  /** A new owner that adds so many committed verdicts, one transaction each. */
  final Lane laneWith(int verdicts) throws Exception {
    return laneWith(verdicts, journal());
  }

  private static Lane laneWith(int verdicts, TestJournal store) throws Exception {
    Lane lane = lane(store);
    lane.takeOver(null, null, acceptance -> {});
    long first = store.seqs(LANE).size();
    for (long offset = first; offset < first + verdicts; offset++) {
      lane.write(accepted(offset));
      commit(lane);
    }
    return lane;
  }

  @Test
  void laneSeqGoesOnWithoutAGapOverTopicsAndOwners() throws Exception {
    Lane first = laneWith(2);
    first.write(Verdicts.rejected(LANE, 2));
    commit(first);
    LaneCheckpoint checkpoint = first.snapshot();
    first.write(accepted(3));
    commit(first);
    Lane second = takenOver(checkpoint);
    second.write(Verdicts.rejected(LANE, 4));
    commit(second);
    assertThat(journal().seqs(LANE)).containsExactly(1L, 2L, 3L, 4L, 5L);
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

  /** A job of another deployment must not even be fenced by mistake. */
  @Test
  void refusedLaneIsNotFenced() throws Exception {
    Lane owner = laneWith(1);
    TreeMap<String, String> other = new TreeMap<>(journal().identity());
    other.put("lanes", "other");
    Lane lane = new Lane(LANE, LANES, other, journal().lane(LANE, () -> {}));
    LaneCheckpoint checkpoint = owner.snapshot();
    assertThatThrownBy(() -> lane.takeOver(checkpoint, null, acceptance -> {}))
        .isInstanceOf(JournalException.Refused.class);
    owner.write(accepted(1));
    commit(owner);
    assertThat(journal().committed()).hasSize(2);
  }

  @Test
  void missingVerdictIsRefused() throws Exception {
    laneWith(1);
    journal().writeForeign(LANE, accepted(5), OptionalLong.of(3));
    assertThatThrownBy(() -> takenOver(null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("lacks lane-seq 2, before 3");
  }

  @Test
  void secondVerdictForAnInputIsRefused() throws Exception {
    laneWith(1);
    journal().writeForeign(LANE, Verdicts.rejected(LANE, 0), OptionalLong.of(2));
    assertThatThrownBy(() -> takenOver(null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("input transactions/0/0 has more than one verdict");
  }

  @Test
  void verdictOfAnotherLaneIsRefused() {
    journal().writeForeign(LANE, Verdicts.accepted(1, LANES, 0), OptionalLong.of(1));
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
    assertThat(journal().committed()).hasSize(1);
    commit(lane);
    assertThat(journal().committed()).hasSize(3);
    assertThat(journal().seqs(LANE)).containsExactly(1L, 2L, 3L);
  }

  /** The snapshot is written out while the task continues. */
  @Test
  void snapshotDoesNotChangeWithTheLane() throws Exception {
    laneWith(1);
    Lane lane = takenOver(null);
    LaneCheckpoint snapshot = lane.snapshot();
    assertThat(lane.isDecided(Verdicts.source(0))).isTrue();
    assertThat(snapshot.decided().size()).isOne();
    assertThat(lane.snapshot().decided().size()).isZero();
  }

  @Test
  void deletedBeginningIsRefusedWithoutCheckpoint() throws Exception {
    laneWith(3);
    journal().deleteOldest(LANE, 1);
    assertThatThrownBy(() -> takenOver(null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageStartingWith("lane 2: ");
  }

  @Test
  void deletedTailIsRefused() throws Exception {
    LaneCheckpoint checkpoint = takenOver(null).snapshot();
    laneWith(2);
    journal().deleteOldest(LANE, 1);
    assertThatThrownBy(() -> takenOver(checkpoint))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageStartingWith("lane 2: ");
  }

  @Test
  void whatTheCheckpointCoversMayBeDeleted() throws Exception {
    LaneCheckpoint checkpoint = laneWith(3).snapshot();
    journal().deleteOldest(LANE, 3);
    Lane lane = takenOver(checkpoint);
    lane.write(accepted(3));
    commit(lane);
    assertThat(lane.snapshot().lastSeq()).isEqualTo(4);
  }

  @Test
  void storeThatLacksWhatTheCheckpointCoversIsRefused() throws Exception {
    LaneCheckpoint ahead = laneWith(3, newJournal()).snapshot();
    laneWith(1);
    assertThatThrownBy(() -> takenOver(ahead))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageStartingWith("lane 2: ");
  }

  /** As an operator restores it: the store's own position is among what was written. */
  @Test
  void takesOverFromACheckpointThatWasWrittenAndReadBack() throws Exception {
    Lane before = laneWith(2);
    DataOutputSerializer out = new DataOutputSerializer(64);
    LaneCheckpoint.Serializer.INSTANCE.serialize(before.snapshot(), out);
    before.write(accepted(2));
    commit(before);
    LaneCheckpoint restored =
        LaneCheckpoint.Serializer.INSTANCE.deserialize(
            new DataInputDeserializer(out.getCopyOfBuffer()));
    Lane lane = lane();
    assertThat(lane.takeOver(restored, null, acceptance -> {})).isOne();
    assertThat(lane.isDecided(Verdicts.source(1))).isFalse();
    assertThat(lane.isDecided(Verdicts.source(2))).isTrue();
  }

  @Test
  void givenStartStandsInForACheckpoint() throws Exception {
    Lane before = laneWith(2);
    LanePosition start = before.snapshot().end();
    before.write(accepted(2));
    commit(before);
    journal().deleteOldest(LANE, 1);
    Lane lane = lane();
    lane.takeOver(null, start, acceptance -> {});
    assertThat(lane.isDecided(Verdicts.source(1))).isFalse();
    assertThat(lane.isDecided(Verdicts.source(2))).isTrue();
    assertThat(lane.snapshot().lastSeq()).isEqualTo(3);
  }

  @Test
  void acceptancesOfTheTailAreHandedOutAndNothingElse() throws Exception {
    LaneCheckpoint checkpoint = laneWith(1).snapshot();
    Lane lane = takenOver(checkpoint);
    lane.write(accepted(1));
    lane.write(Verdicts.rejected(LANE, 2));
    commit(lane);
    List<RecoveredAcceptance> recovered = new ArrayList<>();
    lane().takeOver(checkpoint, null, recovered::add);
    assertThat(recovered).hasSize(1);
    assertThat(recovered.get(0).routingKey()).isEqualTo(Verdicts.customerIn(LANE, LANES));
    assertThat(recovered.get(0).acceptance().offset()).isOne();
  }

  @Test
  void earlierOwnerCannotCommit() throws Exception {
    Lane zombie = takenOver(null);
    zombie.write(accepted(0));
    Lane owner = takenOver(null);
    assertThatThrownBy(() -> commit(zombie)).isInstanceOf(JournalException.class);
    assertThat(journal().committed()).isEmpty();
    owner.write(accepted(0));
    commit(owner);
    assertThat(journal().committed()).hasSize(1);
  }

  @Test
  void uncommittedVerdictIsNotReadBack() throws Exception {
    laneWith(1).write(accepted(1));
    Lane lane = takenOver(null);
    assertThat(lane.isDecided(Verdicts.source(0))).isTrue();
    assertThat(lane.isDecided(Verdicts.source(1))).isFalse();
    lane.awaitVisible();
  }
}
