package io.turnstile.bench.leak;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.LeakResult.Verdict;
import io.turnstile.bench.result.Point;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GrowthTest {

  private static final double TOLERANCE = 5;
  private static final long SEED = 42;

  private final Random random = new Random(SEED);

  @Test
  void slopeIsPerHourWithinItsInterval() {
    Growth growth = Growth.of(minutes(240, t -> 100 + 30 * t / 3600 + random.nextGaussian()));

    assertThat(growth.slope()).isBetween(29.0, 31.0);
    assertThat(growth.low()).isLessThan(30);
    assertThat(growth.high()).isGreaterThan(30);
  }

  @Test
  void intervalHoldsTheTrueSlopeAboutNinetyFiveTimesInAHundred() {
    int held = 0;
    for (int i = 0; i < 1000; i++) {
      Growth growth = Growth.of(minutes(60, t -> 100 + 30 * t / 3600 + random.nextGaussian()));
      held += growth.low() <= 30 && growth.high() >= 30 ? 1 : 0;
    }

    assertThat(held).isBetween(925, 985);
  }

  @Test
  void steadyGrowthIsLeak() {
    assertThat(verdict(minutes(60, t -> 100 + 30 * t / 3600 + random.nextGaussian())))
        .isEqualTo(Verdict.LEAK);
  }

  @Test
  void noiseIsNoLeak() {
    assertThat(verdict(minutes(240, t -> 100 + random.nextGaussian() * 3)))
        .isEqualTo(Verdict.NO_LEAK);
    assertThat(verdict(minutes(60, t -> 100))).isEqualTo(Verdict.NO_LEAK);
  }

  @Test
  void sawtoothIsNoLeak() {
    assertThat(verdict(minutes(480, t -> 100 + t / 60 % 12))).isEqualTo(Verdict.NO_LEAK);
  }

  @Test
  void growthWithinToleranceIsNoLeak() {
    assertThat(verdict(minutes(240, t -> 100 + 2 * t / 3600 + random.nextGaussian())))
        .isEqualTo(Verdict.NO_LEAK);
  }

  @Test
  void cacheThatFillsIsNoLeak() {
    assertThat(verdict(minutes(60, t -> 100 + 80 * (1 - Math.exp(-t / 600)))))
        .isNotEqualTo(Verdict.LEAK);
  }

  @Test
  void shrinkingIsNoLeak() {
    assertThat(verdict(minutes(60, t -> 100 - 30 * t / 3600))).isEqualTo(Verdict.NO_LEAK);
  }

  @Test
  void fewOrWildSamplesAreNotEnough() {
    assertThat(verdict(minutes(Growth.MIN_SAMPLES - 1, t -> 100 + t)))
        .isEqualTo(Verdict.NOT_ENOUGH_DATA);
    assertThat(verdict(minutes(20, t -> 100 + random.nextGaussian() * 40)))
        .isEqualTo(Verdict.NOT_ENOUGH_DATA);
    assertThat(verdict(List.of())).isEqualTo(Verdict.NOT_ENOUGH_DATA);
  }

  private static Verdict verdict(List<Point> samples) {
    return Growth.of(samples).verdict(TOLERANCE);
  }

  private static List<Point> minutes(int count, DoubleUnaryOperator figure) {
    return IntStream.range(0, count)
        .mapToObj(i -> new Point(i * 60, figure.applyAsDouble(i * 60)))
        .toList();
  }
}
