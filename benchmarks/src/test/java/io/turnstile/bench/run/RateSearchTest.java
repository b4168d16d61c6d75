package io.turnstile.bench.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.run.Saturation.RateSearch;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class RateSearchTest {

  @Test
  void findsTheHighestRateThatHoldsWithinATenth() {
    RateSearch search = new RateSearch(4_000, 60_000);

    List<Double> tried = search(search, 17_300);

    assertThat(tried).startsWith(4_000.0, 6_000.0, 9_000.0, 13_500.0, 20_200.0);
    assertThat(search.found()).isBetween(17_300 / 1.1, 17_300.0);
  }

  @Test
  void givesUpAtOnceWhereTheLowestDoesNotHold() {
    RateSearch search = new RateSearch(4_000, 60_000);

    assertThat(search(search, 100)).containsExactly(4_000.0);
    assertThat(search.found()).isZero();
  }

  @Test
  void neverGoesBeyondTheHighest() {
    RateSearch search = new RateSearch(4_000, 8_000);

    assertThat(search(search, 1_000_000)).containsExactly(4_000.0, 6_000.0, 8_000.0);
    assertThat(search.found()).isEqualTo(8_000);
  }

  private static List<Double> search(RateSearch search, double limit) {
    List<Double> tried = new ArrayList<>();
    for (OptionalDouble next = search.next(); next.isPresent(); next = search.next()) {
      tried.add(next.getAsDouble());
      search.tried(next.getAsDouble(), next.getAsDouble() <= limit);
    }
    return tried;
  }
}
