package io.turnstile.bench.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.Objective;
import io.turnstile.bench.result.RunResult.Throughput;
import io.turnstile.bench.scenario.Scenario.RatioLimit;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngineRatiosTest {

  private static final RatioLimit P50 =
      new RatioLimit("committed_p50_ms", "turnstile", "kafka-streams", 1.5, null, false);
  private static final RatioLimit DRAIN =
      new RatioLimit("drain_per_s", "turnstile", "kafka-streams", null, 1.0, true);

  @Test
  void mediansOfTheRepeatsAreCompared() {
    assertThat(
            judge(
                run("turnstile", 15, 900),
                run("kafka-streams", 10, 1_000),
                run("turnstile", 90, 800),
                run("kafka-streams", 9, 1_000),
                run("turnstile", 14, 900),
                run("kafka-streams", 50, 1_000)))
        .containsExactly(
            new Objective("committed p50 of turnstile ÷ kafka-streams", "≤ 1.50", 1.5, true, false),
            new Objective("drained of turnstile ÷ kafka-streams", "≥ 1.00", 0.9, false, true));
  }

  @Test
  void engineThatDidNotRunIsNotCompared() {
    assertThat(EngineRatios.of(List.of(run("turnstile", 15, 900), run("kafka-limit", 5, 900))))
        .isEmpty();
  }

  @Test
  void runThatMeasuredNothingMeetsNothing() {
    assertThat(judge(run("turnstile", 0, 0), run("kafka-streams", 10, 1_000)).get(0))
        .matches(ratio -> ratio.actual() == null && !ratio.met());
  }

  @Test
  void everyMetricThatAScenarioMayCompareHasAValue() {
    assertThat(EngineRatios.VALUES.keySet()).isEqualTo(RatioLimit.METRICS);
  }

  private static List<Objective> judge(RunResult... runs) {
    return EngineRatios.of(List.of(runs)).get("steady-10k");
  }

  private static RunResult run(String engine, double p50, double rate) {
    LatencySummary latency =
        new LatencySummary(p50, p50, p50, p50, p50, p50, p50, p50 == 0 ? 0L : 10L, List.of());
    return RunResult.builder("steady-10k", engine)
        .latencyMs(new Latency(latency, null, List.of()))
        .throughput(new Throughput(rate, List.of(), null, null, rate, List.of()))
        .ratios(List.of(P50, DRAIN))
        .build();
  }
}
