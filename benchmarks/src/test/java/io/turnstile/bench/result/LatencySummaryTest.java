package io.turnstile.bench.result;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.Latency.LatencySummary;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class LatencySummaryTest {

  @Test
  void percentilesInMilliseconds() {
    Histogram micros = new Histogram(5);
    for (int i = 1; i <= 10_000; i++) {
      micros.recordValue(i * 10L);
    }

    LatencySummary summary = LatencySummary.ofMicros(micros);

    assertThat(summary.count()).isEqualTo(10_000);
    assertThat(summary.mean()).isEqualTo(50.005);
    assertThat(summary.p50()).isEqualTo(50);
    assertThat(summary.p90()).isEqualTo(90);
    assertThat(summary.p95()).isEqualTo(95);
    assertThat(summary.p99()).isEqualTo(99);
    assertThat(summary.p999()).isEqualTo(99.9);
    assertThat(summary.max()).isEqualTo(100);
  }

  @Test
  void curveIsFineTowardsItsEndAndEndsWithTheMaximum() {
    Histogram micros = new Histogram(3);
    for (int i = 1; i <= 1_000_000; i++) {
      micros.recordValue(i);
    }

    List<Point> curve = LatencySummary.ofMicros(micros).percentiles();

    assertThat(curve).hasSizeBetween(50, 200);
    assertThat(curve).isSortedAccordingTo((a, b) -> Double.compare(a.x(), b.x()));
    assertThat(curve.stream().filter(p -> p.x() > 99.9 && p.x() < 100)).hasSizeGreaterThan(20);
    assertThat(curve.get(curve.size() - 1).x()).isEqualTo(100);
  }

  @Test
  void nothingMeasured() {
    LatencySummary summary = LatencySummary.ofMicros(new Histogram(3));

    assertThat(summary.count()).isZero();
    assertThat(summary.max()).isZero();
  }
}
