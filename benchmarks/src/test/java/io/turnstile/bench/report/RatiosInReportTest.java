package io.turnstile.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.Throughput;
import io.turnstile.bench.scenario.Scenario.RatioLimit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RatiosInReportTest {

  private static final RatioLimit P50 =
      new RatioLimit("committed_p50_ms", "turnstile", "kafka-streams", 1.5, null, false);
  private static final RatioLimit DRAIN =
      new RatioLimit("drain_per_s", "turnstile", "kafka-streams", null, 1.0, true);

  @TempDir private Path directory;

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
