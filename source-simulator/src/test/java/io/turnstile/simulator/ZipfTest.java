package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ZipfTest {

  private static final int DRAWS = 1_000_000;

  @Test
  void ranksSellInProportionToTheLaw() {
    long[] sales = sales(new Zipf(100, 1.0), 100);

    assertThat((double) sales[0] / sales[1]).isCloseTo(2, within(0.05));
    assertThat((double) sales[0] / sales[9]).isCloseTo(10, within(0.5));
    assertThat(sales[99]).isPositive();
  }

  @Test
  void exponentZeroMakesAllAlike() {
    assertThat(Arrays.stream(sales(new Zipf(4, 0), 4)).boxed())
        .allSatisfy(sold -> assertThat(sold).isCloseTo(DRAWS / 4L, within(3_000L)));
  }

  @Test
  void oneRankIsAlwaysDrawn() {
    assertThat(sales(new Zipf(1, 1.2), 1)).containsExactly(DRAWS);
  }

  private static long[] sales(Zipf zipf, int ranks) {
    SplittableRandom random = new SplittableRandom(42);
    long[] sales = new long[ranks];
    for (int i = 0; i < DRAWS; i++) {
      sales[zipf.sample(random)]++;
    }
    return sales;
  }
}
