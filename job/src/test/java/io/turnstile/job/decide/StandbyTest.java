package io.turnstile.job.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.SourcePosition;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.validate.DecisionInput;
import org.junit.jupiter.api.Test;

class StandbyTest {

  private static final long START = 1_000_000;
  private static final long SETTLED = START + Standby.SETTLING_MILLIS;

  private final Standby standby = new Standby(START);

  private static DecisionInput input(long offset, int bytes) {
    return new DecisionInput.Unreadable(
        new InputMetadata(new SourcePosition("transactions", 0, offset), 0, "key"),
        null,
        new byte[bytes],
        DeadLetterCode.TOO_LARGE,
        "message");
  }

  @Test
  void nothingBehindIsNoSignBeforeAnythingHasCome() {
    assertThat(standby.isReady(0, START + 1)).isFalse();
    standby.arrived();
    assertThat(standby.isReady(0, START + 1)).isTrue();
  }

  @Test
  void whereNothingComesItIsReadyAfterAWhile() {
    assertThat(standby.isReady(0, SETTLED)).isTrue();
  }

  @Test
  void fewThatWaitDoNotKeepItFromBeingReady() {
    standby.arrived();
    assertThat(standby.isReady(1, SETTLED - 1)).isFalse();
    assertThat(standby.isReady(Standby.MAX_BEHIND, SETTLED)).isTrue();
    assertThat(standby.isReady(Standby.MAX_BEHIND + 1, SETTLED)).isFalse();
  }

  /** The other job may decide what is held at any moment. */
  @Test
  void whoHasBeenFullForAWhileIsStuck() throws Exception {
    assertThat(standby.isStuck(START)).isFalse();
    fill();
    long full = START + 1_000;
    assertThat(standby.isStuck(full)).isFalse();
    assertThat(standby.isStuck(full + Standby.PATIENCE_MILLIS - 1)).isFalse();
    assertThat(standby.isStuck(full + Standby.PATIENCE_MILLIS)).isTrue();
    assertThat(standby.isReady(1_000_000, full + Standby.PATIENCE_MILLIS)).isFalse();
  }

  /** However long it took to fill: the other job gets its time when there is no more room. */
  @Test
  void whoFillsSlowlyIsNotStuckAtOnce() throws Exception {
    long now = START;
    while (!standby.isFull()) {
      assertThat(standby.isStuck(now)).isFalse();
      standby.hold(input(0, 10 << 20));
      now += Standby.PATIENCE_MILLIS;
    }
    assertThat(standby.isStuck(now)).isFalse();
    assertThat(standby.isStuck(now + Standby.PATIENCE_MILLIS)).isTrue();
  }

  @Test
  void whoGetsRoomAgainAndAgainIsNotStuck() throws Exception {
    for (long now = START; now < START + 5 * Standby.PATIENCE_MILLIS; now += 100) {
      fill();
      assertThat(standby.isStuck(now)).isFalse();
      standby.removeDecided(input -> true);
      assertThat(standby.isFull()).isFalse();
      assertThat(standby.isStuck(now)).isFalse();
    }
  }

  /** A little room for each verdict of a job that is slow: the others would wait for ever. */
  @Test
  void whoHasAlmostNoRoomForLongIsStuck() throws Exception {
    fill();
    long last = START + Standby.PATIENCE_MILLIS;
    for (long now = START; now < last; now += 100) {
      assertThat(standby.isStuck(now)).isFalse();
      assertThat(standby.poll()).isNotNull();
      fill();
    }
    assertThat(standby.isStuck(last)).isTrue();
  }

  private void fill() throws Exception {
    while (!standby.isFull()) {
      standby.hold(input(0, 10 << 20));
    }
  }

  @Test
  void whatIsLeftStaysInItsOrder() throws Exception {
    for (int offset = 0; offset < 4; offset++) {
      standby.hold(input(offset, 1));
    }
    standby.removeDecided(input -> input.metadata().position().offset() == 1);
    assertThat(standby.size()).isEqualTo(3);
    for (long offset : new long[] {0, 2, 3}) {
      assertThat(standby.poll().metadata().position().offset()).isEqualTo(offset);
    }
    assertThat(standby.poll()).isNull();
  }
}
