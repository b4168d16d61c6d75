package io.turnstile.bench.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MetricTest {

  @Test
  void latencyMustBeBelowItsLimit() {
    assertThat(Metric.COMMITTED_P99_MS.title()).isEqualTo("committed p99");
    assertThat(Metric.COMMITTED_P99_MS.target(100)).isEqualTo("< 100 ms");
    assertThat(Metric.COMMITTED_P99_MS.meets(100, 99.9)).isTrue();
    assertThat(Metric.COMMITTED_P99_MS.meets(100, 100.0)).isFalse();
  }

  @Test
  void shareMustReachItsLimit() {
    assertThat(Metric.SUCCESS_PERCENT.title()).isEqualTo("success");
    assertThat(Metric.SUCCESS_PERCENT.target(99.9)).isEqualTo("≥ 99.9 %");
    assertThat(Metric.SUCCESS_PERCENT.meets(99.9, 99.9)).isTrue();
    assertThat(Metric.SUCCESS_PERCENT.meets(99.9, 99.8)).isFalse();
  }

  @Test
  void timeMayBeAsLongAsItsLimit() {
    assertThat(Metric.STEADY_AFTER_S.title()).isEqualTo("steady after");
    assertThat(Metric.STEADY_AFTER_S.target(150)).isEqualTo("≤ 150 s");
    assertThat(Metric.STEADY_AFTER_S.meets(150, 150.0)).isTrue();
    assertThat(Metric.STEADY_AFTER_S.meets(150, 151.0)).isFalse();
  }

  @Test
  void whatCouldNotBeMeasuredIsNotMet() {
    assertThat(Metric.CAUGHT_UP_AFTER_S.meets(30, null)).isFalse();
    assertThat(Metric.COMMITTED_P50_MS.meets(50, Double.NaN)).isFalse();
  }
}
