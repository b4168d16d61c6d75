package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CommitIntervalTest {

  private static final long NOW = 1_000_000;

  private final JournalSettings settings = TestSettings.DEFAULT;

  private long waitAfterCommit(int lanes, long age) {
    return new CommitInterval(settings, lanes).nextCommit(NOW, NOW, NOW - age) - NOW;
  }

  @Test
  void commitsEveryIntervalWhileTheJobKeepsUp() {
    assertThat(waitAfterCommit(1, 5)).isEqualTo(10);
    assertThat(waitAfterCommit(1, 100)).isEqualTo(10);
  }

  @Test
  void firstVerdictAfterIdlenessIsCommittedAtOnce() {
    CommitInterval cadence = new CommitInterval(settings, 1);
    assertThat(cadence.nextCommit(NOW, Long.MIN_VALUE, NOW)).isEqualTo(NOW);
    assertThat(cadence.nextCommit(NOW, NOW - 10, NOW)).isEqualTo(NOW);
  }

  @Test
  void backlogStretchesTheIntervalUpToItsBound() {
    assertThat(waitAfterCommit(1, 500)).isEqualTo(50);
    assertThat(waitAfterCommit(1, 5_000)).isEqualTo(100);
    assertThat(waitAfterCommit(1, 10_000_000_000L)).isEqualTo(100);
  }

  @Test
  void manyLanesShareTheBudgetOfTheSubtask() {
    assertThat(waitAfterCommit(2, 0)).isEqualTo(10);
    assertThat(waitAfterCommit(4, 0)).isEqualTo(20);
    assertThat(waitAfterCommit(128, 0)).isEqualTo(640);
  }

  @Test
  void clockThatWasSetBackDoesNotHoldUpTheCommit() {
    CommitInterval cadence = new CommitInterval(settings, 1);
    assertThat(cadence.nextCommit(NOW, NOW + 3_600_000, NOW)).isEqualTo(NOW + 10);
  }
}
