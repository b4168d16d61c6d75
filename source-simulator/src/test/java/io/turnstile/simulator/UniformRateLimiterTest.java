package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UniformRateLimiterTest {

  private final AtomicLong clock = new AtomicLong(5_000);

  @Test
  void timesAreEvenlySpacedFromTheFirstCall() {
    UniformRateLimiter limiter = new UniformRateLimiter(1_000, clock::get);
    clock.set(7_000);

    assertThat(LongStream.range(0, 4).map(i -> limiter.nextIntendedNanos()))
        .containsExactly(7_000L, 1_007_000L, 2_007_000L, 3_007_000L);
  }

  @Test
  void whoFallsBehindGetsTimesThatHavePassed() {
    UniformRateLimiter limiter = new UniformRateLimiter(1_000, clock::get);
    limiter.nextIntendedNanos();
    clock.addAndGet(60_000_000_000L);

    assertThat(limiter.nextIntendedNanos()).isEqualTo(1_005_000);
    assertThat(limiter.nextIntendedNanos()).isEqualTo(2_005_000);
  }

  @Test
  void roundingDoesNotAddUp() {
    UniformRateLimiter limiter = new UniformRateLimiter(3, clock::get);
    long last = 0;
    for (int i = 0; i <= 3_000_000; i++) {
      last = limiter.nextIntendedNanos();
    }

    assertThat(last).isEqualTo(5_000 + 1_000_000 * 1_000_000_000L);
  }

  @Test
  void clockThatOverflowsIsNoProblem() {
    clock.set(Long.MAX_VALUE);
    UniformRateLimiter limiter = new UniformRateLimiter(1_000, clock::get);
    long first = limiter.nextIntendedNanos();

    assertThat(limiter.nextIntendedNanos() - first).isEqualTo(1_000_000);
  }

  @Test
  void unlimitedMeansNow() {
    UniformRateLimiter limiter = new UniformRateLimiter(0, clock::get);

    assertThat(limiter.nextIntendedNanos()).isEqualTo(5_000);
    clock.set(6_000);
    assertThat(limiter.nextIntendedNanos()).isEqualTo(6_000);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
  void rateThatIsNoneIsRefused(double rate) {
    assertThatThrownBy(() -> new UniformRateLimiter(rate, clock::get))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rate");
  }
}
