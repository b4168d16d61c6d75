package io.turnstile.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.LeakResult;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.Objective;
import io.turnstile.bench.result.RunResult.ScenarioMetric;
import io.turnstile.bench.result.RunResult.Shares;
import io.turnstile.bench.result.RunResult.Throughput;
import io.turnstile.bench.result.RunResultBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TablesTest {

  @TempDir private Path directory;

  @Test
  void shareBelowOneIsNeverWhole() throws IOException {
    try (ReportPage page =
        page(run("a", "turnstile").shares(new Shares(1.0, 0.0, 0.9999999, 0.5, null)))) {
      assertThat(page.table("a-shares-table"))
          .containsExactly(
              "engine | success | errors | availability | dedup | token refresh",
              "turnstile | 100 % | 0.00 % | > 99.99 % | 50.00 % | –");
    }
  }

  @Test
  void enginesAreComparedRepeatByRepeat() throws IOException {
    try (ReportPage page =
        page(
            measured("turnstile", 1, 10, 900),
            measured("turnstile", 2, 40, 900),
            measured("kafka-streams", 1, 20, 1_000),
            measured("kafka-streams", 2, 20, 1_000))) {
      assertThat(page.table("a-ratios-table"))
          .containsExactly(
              "against | rate | p50 | p90 | p99 | p99.9",
              "kafka-streams | 0.90 | 1.250.50 – 2.00 | 1.250.50 – 2.00 | 1.250.50 – 2.00"
                  + " | 1.250.50 – 2.00");
    }
  }

  @Test
  void auditSumsRepeatsAndWhatMustBeZeroIsJudged() throws IOException {
    AuditResult clean =
        new AuditResult(1_000, 1_000, 0, 0, 0, 990, Map.of("TOKEN_EXPIRED", 9L), 1, 0, 0, 0);
    AuditResult wrong = new AuditResult(1_000, 999, 1, 0, 0, 999, Map.of(), 0, 0, 0, 0);

    try (ReportPage page =
        page(
            run("a", "turnstile").audit(clean),
            run("a", "turnstile").repeat(2).audit(wrong),
            run("a", "kafka-streams"))) {
      assertThat(page.table("a-audit-table"))
          .startsWith("what | turnstile | kafka-streams")
          .contains(
              "inputs | 2,000 | ✗ not audited",
              "rejected: TOKEN_EXPIRED | 9 | ✗ not audited",
              "missing | ✗ 1 | ✗ not audited",
              "duplicated | ✓ 0 | ✗ not audited");
      assertThat(page.table("summary-table"))
          .anyMatch(row -> row.endsWith("✗ 1 of 2 clean"))
          .anyMatch(row -> row.endsWith("✗ not clean"));
    }
  }

  @Test
  void objectivesSayHowManyRepeatsMetThem() throws IOException {
    try (ReportPage page =
        page(
            run("a", "turnstile").objectives(List.of(p99(90.0, true))),
            run("a", "turnstile").repeat(2).objectives(List.of(p99(110.0, false))),
            run("a", "kafka-streams").objectives(List.of(p99(null, false))),
            run("a", "kafka-limit"))) {
      assertThat(page.table("a-objectives-table"))
          .containsExactly(
              "objective | target | turnstile | kafka-streams | kafka-limit",
              "committed p99 | < 100 ms | ✗ 100met 1 of 2 times | ✗ not measured | –");
    }
  }

  @Test
  void faultThatWasNeverRecoveredFromIsNamed() throws IOException {
    try (ReportPage page =
        page(
            run("a", "turnstile")
                .faults(
                    List.of(
                        new FaultResult(
                            30, "kill-taskmanager", null, null, null, Map.of("noticed", 0.74)))))) {
      assertThat(page.table("a-recovery-table"))
          .contains("turnstile | kill-taskmanager | 30.0 | – | ✗ never | ✗ never | noticed 0.7");
    }
  }

  @Test
  void timeToSteadyIsTheMedianAndADashWhereThereIsNone() throws IOException {
    try (ReportPage page =
        page(
            run("a", "turnstile").steadyAfterS(40.0),
            run("a", "turnstile").repeat(2).steadyAfterS(50.0),
            run("a", "kafka-limit"))) {
      assertThat(page.table("summary-table").get(0)).endsWith(" | steady after s | audit");
      assertThat(page.table("summary-table"))
          .anyMatch(row -> row.endsWith(" | 4540 – 50 | ✗ not clean"))
          .anyMatch(row -> row.endsWith(" | – | ✗ not clean"));
    }
  }

  @Test
  void growthHasItsInterval() throws IOException {
    LeakResult leaks =
        new LeakResult(
            LeakResult.Verdict.LEAK,
            List.of(
                trend("heap", LeakResult.Verdict.LEAK, 14.4),
                trend("threads", LeakResult.Verdict.NOT_ENOUGH_DATA, null)),
            "heap.hprof");

    try (ReportPage page = page(run("a", "turnstile").leaks(leaks))) {
      assertThat(page.table("a-leaks-table"))
          .contains(
              "turnstile | taskmanager | heap, MiB | 14.4 | 13.4 – 15.4 | 2 | ✗ leak",
              "turnstile | taskmanager | threads, MiB | – | – | 2 | △ not enough data",
              "turnstile |  | heap dump: heap.hprof |  |  |  | ");
    }
  }

  @Test
  void settingsThatDifferNameTheirScenarios() throws IOException {
    try (ReportPage page =
        page(
            run("a", "turnstile").settings(Map.of("lanes", "2", "parallelism", "1")),
            run("b", "turnstile").settings(Map.of("lanes", "4", "parallelism", "1")),
            run("a", "kafka-streams").settings(Map.of("threads", "2")))) {
      assertThat(page.table("settings-table"))
          .containsExactly(
              "setting | turnstile | kafka-streams",
              "lanes | 2 (a), 4 (b) | ",
              "parallelism | 1 | ",
              "threads |  | 2");
    }
  }

  @Test
  void machinesAreToldApartButNotByTheirLoad() throws IOException {
    try (ReportPage page =
        page(
            run("a", "turnstile").environment(machine(2, 0.1)),
            run("b", "turnstile").environment(machine(2, 0.25)),
            run("c", "turnstile").environment(machine(8, 0.1)))) {
      assertThat(page.table("environment-table-1"))
          .contains("cores | 2", "memory, GiB | 23.4", "load before the runs | at most 0.25")
          .noneMatch(row -> row.startsWith("processor"));
      assertThat(page.table("environment-table-2")).contains("cores | 8");
    }
  }

  @Test
  void metricOfOneScenarioHasItsUnit() throws IOException {
    try (ReportPage page =
        page(
            run("a", "turnstile")
                .figures(List.of(new ScenarioMetric("drain", 34_512.4, "1/s", null))),
            run("a", "kafka-streams")
                .figures(List.of(new ScenarioMetric("state", 41.5, "B", null))))) {
      assertThat(page.table("a-special-table"))
          .containsExactly(
              "metric | unit | turnstile | kafka-streams",
              "drain | 1/s | 34,512 | –",
              "state | B | – | 41.50");
    }
  }

  private ReportPage page(RunResultBuilder... runs) throws IOException {
    Path html = directory.resolve("report.html");
    ReportFiles.write(Stream.of(runs).map(RunResultBuilder::build).toList(), List.of(), html);
    return new ReportPage(html);
  }

  private static RunResultBuilder run(String scenario, String engine) {
    return RunResult.builder(scenario, engine);
  }

  private static RunResultBuilder measured(String engine, int repeat, double ms, double rate) {
    LatencySummary latency = new LatencySummary(ms, ms, ms, ms, ms, ms, ms, 10L, List.of());
    return run("a", engine)
        .repeat(repeat)
        .latencyMs(new Latency(latency, null, List.of()))
        .throughput(new Throughput(rate, List.of(), null, null, rate, List.of()));
  }

  private static Objective p99(Double actual, boolean met) {
    return new Objective("committed p99", "< 100 ms", actual, met, false);
  }

  private static LeakResult.Trend trend(String metric, LeakResult.Verdict verdict, Double slope) {
    return new LeakResult.Trend(
        "taskmanager",
        metric,
        "MiB",
        verdict,
        slope,
        slope == null ? null : slope - 1,
        slope == null ? null : slope + 1,
        2.0,
        List.of());
  }

  private static Environment machine(int cores, double loadBefore) {
    return new Environment(
        cores, 23.4, "17", "2.2.1", "4.3.1", "processes", null, null, null, loadBefore);
  }
}
