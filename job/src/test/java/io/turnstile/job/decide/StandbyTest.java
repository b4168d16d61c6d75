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

  /** The other job is dead, or does not keep up: there is nothing to wait for. */
  @Test
  void whoCanHoldNoMoreIsReady() throws Exception {
    for (int offset = 0; !standby.isFull(); offset++) {
      assertThat(standby.isReady(1_000_000, START)).isFalse();
      standby.hold(input(offset, 10 << 20));
    }
    assertThat(standby.isReady(1_000_000, START)).isTrue();
    standby.removeDecided(input -> true);
    assertThat(standby.isFull()).isFalse();
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
