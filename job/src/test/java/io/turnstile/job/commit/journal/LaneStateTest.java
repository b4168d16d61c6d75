package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.OptionalLong;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The states of a lane, and the calls that each allows. */
class LaneStateTest {

  private final InMemoryJournal journal = new InMemoryJournal(1);
  private final Lane lane = new Lane(0, 1, journal.identity(), journal.lane(0, () -> {}));

  private static void onlyFollowedBy(LaneState state, Set<LaneState> next) {
    for (LaneState to : LaneState.values()) {
      assertThat(state.isValidTransition(to))
          .as("%s to %s", state, to)
          .isEqualTo(next.contains(to));
    }
  }

  @Test
  void transitionsAreThoseOfTheDrawing() {
    Set<LaneState> end = EnumSet.of(LaneState.FAILED, LaneState.CLOSED);
    onlyFollowedBy(LaneState.CREATED, with(with(end, LaneState.FOLLOWING), LaneState.TAKING_OVER));
    onlyFollowedBy(LaneState.FOLLOWING, with(end, LaneState.TAKING_OVER));
    onlyFollowedBy(LaneState.TAKING_OVER, with(end, LaneState.SETTLED));
    onlyFollowedBy(LaneState.SETTLED, with(end, LaneState.OPEN));
    onlyFollowedBy(LaneState.OPEN, with(end, LaneState.COMMITTING));
    onlyFollowedBy(LaneState.COMMITTING, with(end, LaneState.SETTLED));
    onlyFollowedBy(LaneState.FAILED, EnumSet.of(LaneState.CLOSED));
    onlyFollowedBy(LaneState.CLOSED, EnumSet.of(LaneState.CLOSED));
  }

  private static Set<LaneState> with(Set<LaneState> states, LaneState another) {
    Set<LaneState> all = EnumSet.copyOf(states);
    all.add(another);
    return all;
  }

  private static void illegal(ThrowingCallable call, LaneState is, LaneState needed) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("lane 0: ")
        .hasMessageContaining(is.name())
        .hasMessageContaining(needed.name());
  }

  private void takeOver() throws Exception {
    lane.takeOver(null, null, acceptance -> {});
  }

  private void write() throws Exception {
    lane.write(Verdicts.accepted(0, 1, 0));
  }

  @Test
  void stateFollowsTheCalls() throws Exception {
    assertThat(lane.state()).isEqualTo(LaneState.CREATED);
    takeOver();
    assertThat(lane.state()).isEqualTo(LaneState.SETTLED);
    write();
    assertThat(lane.state()).isEqualTo(LaneState.OPEN);
    assertThat(lane.beginCommit()).isTrue();
    assertThat(lane.state()).isEqualTo(LaneState.COMMITTING);
    lane.write(Verdicts.rejected(0, 1));
    lane.endCommit(lane.commit());
    assertThat(lane.state()).as("with what was held").isEqualTo(LaneState.OPEN);
    lane.beginCommit();
    lane.endCommit(lane.commit());
    assertThat(lane.state()).isEqualTo(LaneState.SETTLED);
    assertThat(lane.beginCommit()).isFalse();
    lane.close();
    assertThat(lane.state()).isEqualTo(LaneState.CLOSED);
    assertThatCode(lane::close).doesNotThrowAnyException();
  }

  @Test
  void nothingGoesBeforeTheTakeOver() {
    illegal(this::write, LaneState.CREATED, LaneState.OPEN);
    illegal(() -> lane.isDecided(Verdicts.source(0)), LaneState.CREATED, LaneState.SETTLED);
    illegal(lane::beginCommit, LaneState.CREATED, LaneState.COMMITTING);
    illegal(lane::awaitVisible, LaneState.CREATED, LaneState.SETTLED);
    illegal(lane::snapshot, LaneState.CREATED, LaneState.SETTLED);
  }

  @Test
  void whoFollowsKnowsWhatIsDecidedAndWritesNothing() throws Exception {
    lane.beginFollowing(null, null);
    assertThat(lane.state()).isEqualTo(LaneState.FOLLOWING);
    assertThat(lane.isDecided(Verdicts.source(0))).isFalse();
    illegal(this::write, LaneState.FOLLOWING, LaneState.OPEN);
    illegal(lane::beginCommit, LaneState.FOLLOWING, LaneState.COMMITTING);
    illegal(lane::snapshot, LaneState.FOLLOWING, LaneState.SETTLED);
    takeOver();
    assertThat(lane.state()).isEqualTo(LaneState.SETTLED);
  }

  @Test
  void callsOutOfOrderNameBothStates() throws Exception {
    takeOver();
    illegal(this::takeOver, LaneState.SETTLED, LaneState.TAKING_OVER);
    illegal(lane::commit, LaneState.SETTLED, LaneState.COMMITTING);
    illegal(() -> lane.endCommit(null), LaneState.SETTLED, LaneState.COMMITTING);
    write();
    illegal(lane::snapshot, LaneState.OPEN, LaneState.SETTLED);
    illegal(lane::awaitVisible, LaneState.OPEN, LaneState.SETTLED);
    lane.beginCommit();
    illegal(lane::beginCommit, LaneState.COMMITTING, LaneState.COMMITTING);
    illegal(lane::snapshot, LaneState.COMMITTING, LaneState.SETTLED);
  }

  @Test
  void nothingFollowsAFailure() throws Exception {
    takeOver();
    Lane other = new Lane(0, 1, journal.identity(), journal.lane(0, () -> {}));
    other.takeOver(null, null, acceptance -> {});
    assertThatThrownBy(this::write).isInstanceOf(JournalException.class);
    assertThat(lane.state()).isEqualTo(LaneState.FAILED);
    illegal(this::write, LaneState.FAILED, LaneState.OPEN);
    illegal(lane::beginCommit, LaneState.FAILED, LaneState.COMMITTING);
    illegal(lane::snapshot, LaneState.FAILED, LaneState.SETTLED);
    illegal(this::takeOver, LaneState.FAILED, LaneState.TAKING_OVER);
    lane.close();
    lane.fail();
    assertThat(lane.state()).isEqualTo(LaneState.CLOSED);
  }

  @Test
  void refusedTakeOverIsAFailure() throws Exception {
    takeOver();
    journal.writeForeign(0, Verdicts.accepted(0, 1, 0), OptionalLong.empty());
    Lane refused = new Lane(0, 1, journal.identity(), journal.lane(0, () -> {}));
    assertThatThrownBy(() -> refused.takeOver(null, null, acceptance -> {}))
        .isInstanceOf(JournalException.Refused.class);
    assertThat(refused.state()).isEqualTo(LaneState.FAILED);
  }
}
