package io.turnstile.bench.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.bench.demo.DemoCommand.DemoSummary;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.Load;
import io.turnstile.bench.result.RunResult.Objective;
import io.turnstile.bench.result.RunResultBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoSummaryTest {

  private static final LatencySummary ALL = latency(60, 9_000, 50_000);
  private static final LatencySummary UNDISTURBED = latency(55, 120, 38_000);

  @TempDir private Path directory;

  @Test
  void killAndRecoveryAreSaidInSeconds() {
    assertThat(summary(run().faults(List.of(fault(4.2, 11.0)))).lines())
        .contains(
            "Committed latency, from intended send time to the poll that gave the verdict, after a"
                + " warm-up of 10 s:",
            "  the kill included              p50 60 ms   p99 9,000 ms   (50,000 verdicts)",
            "  without the time to catch up   p50 55 ms   p99 120 ms   (38,000 verdicts)",
            "TaskManager killed at 24.0 s: first verdict of a later transaction after 4.2 s, caught"
                + " up after 11.0 s.");
  }

  @Test
  void stagesOfTheRestartAreSaidInTheirOrder() {
    Map<String, Double> stages = new LinkedHashMap<>();
    stages.put("noticed", 0.74);
    stages.put("restarting", 0.75);
    stages.put("tail read", 2.0);
    FaultResult fault = new FaultResult(14, "kill-taskmanager", 4.2, 11.0, null, stages);

    assertThat(summary(run().faults(List.of(fault))).lines())
        .contains("  after the kill, in seconds: noticed 0.7, restarting 0.8, tail read 2.0");
  }

  @Test
  void whatNeverHappenedIsSaidSo() {
    assertThat(summary(run().faults(List.of(fault(null, null)))).lines())
        .contains(
            "TaskManager killed at 24.0 s: first verdict of a later transaction after never, not"
                + " caught up before the end.");
  }

  @Test
  void withoutKillThereIsOneLatency() {
    assertThat(summary(run()).lines())
        .contains("  p50 60 ms   p99 9,000 ms   (50,000 verdicts)")
        .noneMatch(line -> line.contains("killed"));
  }

  @Test
  void onlyTheAuditDecides() {
    Objective missed = new Objective("success", "≥ 99.9 %", 1.0, false, false);
    assertThat(summary(run().objectives(List.of(missed))).passed()).isTrue();
    assertThat(summary(run().audit(null)).passed()).isFalse();

    DemoSummary failed = summary(run().failure("the broker ended").notes(List.of("Slow.")));
    assertThat(failed.passed()).isFalse();
    assertThat(failed.lines()).contains("FAIL: the broker ended", "note: Slow.");
  }

  @Test
  void jsonIsThatOfABenchmarkWithBothLatencies() throws Exception {
    summary(run().faults(List.of(fault(4.2, null)))).write(directory);

    JsonNode json = new ObjectMapper().readTree(directory.resolve("demo.json").toFile());
    assertThat(json.path("scenario").textValue()).isEqualTo("demo");
    assertThat(json.path("passed").booleanValue()).isTrue();
    assertThat(json.at("/load/warmup_s").doubleValue()).isEqualTo(10);
    assertThat(json.at("/latency_ms/committed/p99").doubleValue()).isEqualTo(9_000);
    assertThat(json.at("/latency_ms/committed_without_fault/p99").doubleValue()).isEqualTo(120);
    assertThat(json.at("/faults/0/first_verdict_after_s").doubleValue()).isEqualTo(4.2);
    assertThat(json.at("/faults/0/caught_up_after_s").isMissingNode()).isTrue();
    assertThat(Files.exists(directory.resolve("audit.json"))).isFalse();
  }

  private static DemoSummary summary(RunResultBuilder run) {
    return new DemoSummary(run.build(), Optional.empty(), Optional.empty(), UNDISTURBED);
  }

  private static RunResultBuilder run() {
    return RunResult.builder("demo", "turnstile")
        .load(new Load(1_000.0, 60_000, 10, 50))
        .latencyMs(new Latency(ALL, null, List.of()))
        .audit(new AuditResult(9, 9, 0, 0, 0, 9, Map.of(), 0, 0, 0, 0));
  }

  private static FaultResult fault(Double first, Double caughtUp) {
    return new FaultResult(14, "kill-taskmanager", first, caughtUp, null);
  }

  private static LatencySummary latency(double p50, double p99, long count) {
    return new LatencySummary(p50, p50, p99, p99, p99, p99, p99, count, List.of());
  }
}
