package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StagedRateLimiterTest {

  private static final long START = 5_000;

  private final AtomicLong clock = new AtomicLong(START);

  @Test
  void constantStagesFollowEachOther() {
    List<Double> times =
        times(
            RateStage.constant(Duration.ofSeconds(1), 4),
            RateStage.constant(Duration.ofSeconds(1), 2));

    assertThat(times).containsExactly(0.0, 0.25, 0.5, 0.75, 1.0, 1.5);
  }

  @Test
  void rampSpeedsUpEvenly() {
    List<Double> times = times(new RateStage(Duration.ofSeconds(10), 0, 100));

    // Half of the time, a quarter of the events.
    assertThat(times).hasSize(500);
    assertThat(times.get(125)).isCloseTo(5, within(1e-6));
    assertThat(times.get(499)).isCloseTo(10, within(0.02));
  }

  @Test
  void rampDownMirrorsRampUp() {
    List<Double> up = times(new RateStage(Duration.ofSeconds(10), 20, 100));
    List<Double> down = times(new RateStage(Duration.ofSeconds(10), 100, 20));

    assertThat(down).hasSameSizeAs(up);
    for (int i = 1; i < up.size(); i++) {
      assertThat(down.get(i)).isCloseTo(10 - up.get(up.size() - i), within(1e-6));
    }
  }

  @Test
  void pauseHasNoEvents() {
    List<Double> times =
        times(
            RateStage.constant(Duration.ofSeconds(1), 2),
            RateStage.constant(Duration.ofSeconds(3), 0),
            RateStage.constant(Duration.ofSeconds(1), 2));

    assertThat(times).containsExactly(0.0, 0.5, 4.0, 4.5);
  }

  @Test
  void stageThatTakesNoTimeIsRefused() {
    assertThatThrownBy(() -> RateStage.constant(Duration.ZERO, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> RateStage.constant(Duration.ofSeconds(1), -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** In seconds since the first. */
  private List<Double> times(RateStage... stages) {
    StagedRateLimiter limiter = new StagedRateLimiter(List.of(stages), clock::get);
    List<Double> times = new ArrayList<>();
    for (long next = limiter.nextIntendedNanos();
        next != Long.MAX_VALUE;
        next = limiter.nextIntendedNanos()) {
      times.add((next - START) / (double) TimeUnit.SECONDS.toNanos(1));
    }
    return times;
  }
}
