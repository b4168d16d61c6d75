package io.turnstile.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.Objective;
import io.turnstile.bench.result.RatioLimit;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.Throughput;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineRatiosTest {

  private static final RatioLimit P50 =
      new RatioLimit("committed_p50_ms", "turnstile", "kafka-streams", 1.5, null, false);
  private static final RatioLimit DRAIN =
      new RatioLimit("drain_per_s", "turnstile", "kafka-streams", null, 1.0, true);

  @TempDir private Path directory;

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
  void objectiveThatIsNotMetIsInTheVerdictAndGoalIsNot() throws Exception {
    Path html = directory.resolve("report.html");
    ReportFiles.write(
        List.of(run("turnstile", 16, 900), run("kafka-streams", 10, 1_000)), List.of(), html);

    assertThat(Files.readString(directory.resolve("report.md")))
        .contains(
            "steady-10k: committed p50 of turnstile ÷ kafka-streams is 1.60, objective ≤ 1.50")
        .doesNotContain("drained of turnstile ÷ kafka-streams is");
    try (ReportPage page = new ReportPage(html)) {
      assertThat(page.texts("#verdict li"))
          .contains(
              "steady-10k: committed p50 of turnstile ÷ kafka-streams is 1.60, objective ≤ 1.50")
          .noneMatch(why -> why.contains("drained"));
      assertThat(page.table("goals-table"))
          .contains(
              "steady-10k |  | drained of turnstile ÷ kafka-streams ≥ 1.00 | 0.90 | △ not met");
      assertThat(page.table("steady-10k-wanted-ratios-table"))
          .contains(
              "committed p50 of turnstile ÷ kafka-streams | ≤ 1.50 | ✗ 1.60",
              "drained of turnstile ÷ kafka-streamsgoal, not required | ≥ 1.00 | △ 0.900");
    }
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
