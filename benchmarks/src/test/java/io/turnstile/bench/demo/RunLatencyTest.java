package io.turnstile.bench.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class RunLatencyTest {

  private final RunLatency latency = new RunLatency(Duration.ofSeconds(2));

  @Test
  void warmUpDoesNotCount() {
    latency.add(micros(9_000_000), at(1));
    latency.add(micros(9_000_000), at(2));
    latency.add(micros(70_000), at(3));
    assertThat(latency.all().getTotalCount()).isEqualTo(1);
    assertThat(latency.undisturbed().getTotalCount()).isEqualTo(1);
    assertThat(latency.disturbance()).isEmpty();
  }

  @Test
  void disturbanceLastsUntilTheMedianIsBackUnderTheTailBefore() {
    latency.add(micros(70_000, 70_000, 100_000), at(3));
    latency.disturbed(at(3));
    latency.add(micros(60_000), at(4));
    latency.resumed();
    latency.add(micros(3_000_000, 3_000_000), at(5));
    latency.add(micros(200_000, 150_000, 80_000), at(6));
    assertThat(latency.disturbance()).isEmpty();
    latency.add(micros(90_000, 90_000, 400_000), at(7));
    assertThat(latency.disturbance()).contains(Duration.ofSeconds(4));
    latency.add(micros(60_000), at(8));

    assertThat(latency.all().getTotalCount()).isEqualTo(13);
    assertThat(latency.undisturbed().getTotalCount()).isEqualTo(4);
    assertThat(latency.undisturbed().getMaxValue()).isLessThan(110_000);
  }

  @Test
  void disturbanceThatNeverEndsHasNoLength() {
    latency.add(micros(70_000), at(3));
    latency.disturbed(at(3));
    latency.resumed();
    latency.add(micros(5_000_000), at(4));
    assertThat(latency.disturbance()).isEmpty();
    assertThat(latency.undisturbed().getTotalCount()).isEqualTo(1);
  }

  @Test
  void disturbanceWithNothingBeforeEndsAtASecond() {
    latency.disturbed(at(3));
    latency.resumed();
    latency.add(micros(5_000_000), at(4));
    latency.add(micros(500_000), at(5));
    assertThat(latency.disturbance()).contains(Duration.ofSeconds(2));
  }

  private static Histogram micros(long... values) {
    Histogram histogram = new Histogram(2);
    for (long value : values) {
      histogram.recordValue(value);
    }
    return histogram;
  }

  private static Duration at(int seconds) {
    return Duration.ofSeconds(seconds);
  }
}
