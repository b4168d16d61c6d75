package io.turnstile.bench.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.Objective;
import org.junit.jupiter.api.Test;

class MetricTest {

  @Test
  void latencyMustBeBelowItsLimit() {
    assertThat(Metric.COMMITTED_P99_MS.judge(100, 99.9, false))
        .isEqualTo(new Objective("committed p99", "< 100 ms", 99.9, true, false));
    assertThat(Metric.COMMITTED_P99_MS.judge(100, 100.0, true).met()).isFalse();
  }

  @Test
  void shareMustReachItsLimit() {
    assertThat(Metric.SUCCESS_PERCENT.judge(99.9, 99.9, false))
        .isEqualTo(new Objective("success", "≥ 99.9 %", 99.9, true, false));
    assertThat(Metric.SUCCESS_PERCENT.judge(99.9, 99.8, false).met()).isFalse();
  }

  @Test
  void whatCouldNotBeMeasuredIsNotMet() {
    assertThat(Metric.CAUGHT_UP_AFTER_S.judge(30, null, false).met()).isFalse();
    assertThat(Metric.COMMITTED_P50_MS.judge(50, Double.NaN, false).met()).isFalse();
  }
}
