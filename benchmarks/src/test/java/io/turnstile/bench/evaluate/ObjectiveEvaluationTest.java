package io.turnstile.bench.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.Objective;
import io.turnstile.bench.result.RunResult.ProcessResources;
import io.turnstile.bench.scenario.EngineSettings;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Metric;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.simulator.SimulationSummary;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;

class ObjectiveEvaluationTest {

  private final LatencyRecorder recording = new LatencyRecorder(0);
  private AuditResult audit = audit(0, Map.of());
  private SimulationSummary sent = sent(Map.of(), Map.of());
  private List<FaultResult> faults = List.of();
  private List<ProcessResources> used = List.of();
  private Map<Metric, Double> special = Map.of();
  private LongPredicate undisturbed = second -> true;

  @Test
  void intendedRejectionsAreNoErrors() {
    audit = audit(0, Map.of("TOKEN_EXPIRED", 400L));

    assertThat(judge(Metric.SUCCESS_PERCENT, 99.9)).isEqualTo(100.0);
    assertThat(judge(Metric.ERROR_PERCENT, 0.1)).isZero();
  }

  @Test
  void missingAndWrongVerdictsAreErrors() {
    audit = new AuditResult(1_000, 999, 1, 0, 2, 997, Map.of(), 0, 0, 0, 0);

    assertThat(judge(Metric.SUCCESS_PERCENT, 99.9)).isEqualTo(99.7);
    assertThat(judge(Metric.ERROR_PERCENT, 0.1)).isEqualTo(0.3);
  }

  @Test
  void withoutAuditNothingIsAsserted() {
    audit = null;

    assertThat(judge(Metric.SUCCESS_PERCENT, 99.9)).isNull();
    assertThat(judge(Metric.DEDUP_PERCENT, 100)).isNull();
  }

  @Test
  void duplicateThatPassedLowersTheDedupShare() {
    sent = sent(Map.of(), Map.of("DUPLICATE_ID", 40L, "ID_CONFLICT", 10L));
    audit = audit(0, Map.of("DUPLICATE_ID", 39L, "ID_CONFLICT", 10L));

    assertThat(judge(Metric.DEDUP_PERCENT, 100)).isEqualTo(98.0);
  }

  @Test
  void tokenRefreshCountsWhatPassedWithAFreshToken() {
    sent = sent(Map.of("EXPIRED", 100L, "RETRY", 99L), Map.of());

    assertThat(judge(Metric.TOKEN_REFRESH_PERCENT, 99.9)).isEqualTo(99.0);
  }

  @Test
  void processorsAreSharedByAllProcessesAndMemoryIsTheEnginesOwn() {
    used =
        List.of(
            process("taskmanager-1", 0.9, 1_024),
            process("jobmanager", 0.1, 512),
            process("broker", 0.4, 700),
            process("load", 0.2, 300));

    assertThat(judge(Metric.CPU_PERCENT, 80)).isEqualTo(80.0);
    assertThat(judge(Metric.MEMORY_GB, 2)).isEqualTo(1.5);
  }

  @Test
  void worstFaultCountsAndOneThatNeverEndedIsUnknown() {
    faults = List.of(fault(3.0, 9.0), fault(5.0, 8.0));
    assertThat(judge(Metric.FIRST_VERDICT_AFTER_S, 15)).isEqualTo(5.0);
    assertThat(judge(Metric.CAUGHT_UP_AFTER_S, 30)).isEqualTo(9.0);

    faults = List.of(fault(3.0, 9.0), fault(5.0, null));
    assertThat(judge(Metric.CAUGHT_UP_AFTER_S, 30)).isNull();
  }

  @Test
  void whatTheProcedureMeasuredItselfIsTaken() {
    special = Map.of(Metric.HIGHEST_RATE_PER_S, 12_000.0);

    assertThat(judge(Metric.HIGHEST_RATE_PER_S, 10_000)).isEqualTo(12_000.0);
    assertThat(judge(Metric.STEADY_AFTER_S, 60)).isNull();
  }

  @Test
  void latencyIsOfWhatWasRecorded() {
    long now = System.nanoTime();
    for (int i = 0; i < 100; i++) {
      recording.sent(now, now);
      recording.joined(0, now, now + Duration.ofMillis(10).toNanos());
    }

    assertThat(judge(Metric.COMMITTED_P99_MS, 100)).isBetween(9.9, 10.1);
    assertThat(judge(Metric.AVAILABILITY_PERCENT, 99.9)).isEqualTo(100.0);
  }

  @Test
  void faultsAndRecoveryAreLeftOutOfWhatIsUndisturbed() {
    long second = Duration.ofSeconds(1).toNanos();
    for (int i = 0; i < 4; i++) {
      recording.sent(i * second, i * second);
      recording.joined(0, i * second, i * second + (i == 2 ? 3 * second : second / 100));
    }
    undisturbed = at -> at != 2;

    assertThat(judge(Metric.UNDISTURBED_P99_MS, 100)).isBetween(9.9, 10.1);
    assertThat(judge(Metric.UNDISTURBED_AVAILABILITY_PERCENT, 99)).isEqualTo(100.0);
    assertThat(judge(Metric.AVAILABILITY_PERCENT, 99)).isEqualTo(75.0);
  }

  /** Returns the value of a metric. */
  private Double judge(Metric metric, double limit) {
    Scenario scenario =
        new Scenario(
            "test",
            "A test.",
            Scenario.Procedure.OPEN_LOOP,
            new LoadProfile(
                1.0,
                Duration.ofSeconds(1),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                true,
                null,
                null,
                null,
                null),
            List.of(),
            new EngineSettings(
                1, 1, 1, "1g", "low-latency", "processes", "local", Map.of(), Map.of()),
            Map.of(metric, limit),
            Map.of(),
            List.of());
    Environment environment =
        new Environment(2, 8, "17", null, null, "processes", null, null, null, null);
    List<Objective> objectives =
        new ObjectiveEvaluation(
                scenario, recording, undisturbed, faults, sent, audit, used, environment, special)
            .objectives();
    assertThat(objectives).hasSize(1);
    return objectives.get(0).actual();
  }

  private static AuditResult audit(long wrong, Map<String, Long> rejected) {
    return new AuditResult(1_000, 1_000, 0, 0, wrong, 600, rejected, 0, 0, 0, 0);
  }

  private static SimulationSummary sent(Map<String, Long> byKind, Map<String, Long> expected) {
    return new SimulationSummary(
        1_000,
        1_000,
        1,
        new TreeMap<>(byKind),
        new TreeMap<>(expected),
        new TreeMap<>(),
        0,
        0,
        null);
  }

  private static ProcessResources process(String name, double cores, double rssMb) {
    return new ProcessResources(name, cores, cores, null, rssMb, null, null, null, List.of());
  }

  private static FaultResult fault(Double first, Double caughtUp) {
    return new FaultResult(1, "kill-taskmanager", first, caughtUp, null);
  }
}
