package io.turnstile.bench.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.scenario.Metric;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultAssemblerTest {

  private static final AuditResult CLEAN =
      new AuditResult(400, 400, 0, 0, 0, 400, Map.of(), 0, 0, 0, 0);

  @TempDir private Path directory;
  private final LatencyRecorder recorder = new LatencyRecorder(1_000_000_000);
  private ResultAssembler results;

  @BeforeEach
  void begin() throws Exception {
    results =
        new ResultAssembler(
            FakeRun.scenario(
                directory,
                "rate: 100, warm_up: 1s, duration: 3s",
                "goals: {drain_per_s: 5}",
                "ratios: [{figure: drain_per_s, to: kafka-limit, at_least: 0.5}]"),
            "turnstile",
            3,
            "the command",
            recorder);
  }

  @Test
  void resultSaysWhatWasRunAndWhatCameOfIt() {
    FakeRun.decide(recorder, 100, 4, 20);
    results.set(parts -> parts.audit(CLEAN));
    results.note("Something.");
    RunResult result = results.assemble(null, false);

    assertThat(result.scenario()).isEqualTo("fake");
    assertThat(result.engine()).isEqualTo("turnstile");
    assertThat(result.repeat()).isEqualTo(3);
    assertThat(result.command()).isEqualTo("the command");
    assertThat(result.load().warmupS()).isEqualTo(1);
    assertThat(result.load().measuredS()).isBetween(2.9, 3.0);
    assertThat(result.throughput().meanPerS()).isEqualTo(100);
    assertThat(result.consumerLag().max()).isLessThanOrEqualTo(2);
    assertThat(result.ratios()).hasSize(1);
    assertThat(result.notes()).containsExactly("Something.");
    assertThat(result.passed()).isTrue();
    assertThat(result.objectives())
        .extracting(objective -> objective.name(), objective -> objective.met())
        .containsExactly(tuple("success", true), tuple("drained", true));
  }

  @Test
  void interruptedRunHasWhatWasMeasuredAndNoAudit() {
    FakeRun.decide(recorder, 100, 2, 20);
    RunResult result = results.assemble(null, true);

    assertThat(result.interrupted()).isTrue();
    assertThat(result.audit()).isNull();
    assertThat(result.latencyMs().committed().count()).isEqualTo(100);
    assertThat(result.notes()).containsExactly("The run was interrupted: it has no audit.");
    assertThat(result.passed()).isFalse();
  }

  @Test
  void failedRunSaysWhyEvenIfNothingWasSent() {
    RunResult result = results.assemble("the broker ended", false);

    assertThat(result.failure()).isEqualTo("the broker ended");
    assertThat(result.load().sent()).isZero();
    assertThat(result.checkpoints()).isEmpty();
    assertThat(result.passed()).isFalse();
  }

  @Test
  void runWhoseLastVerdictsWereWaitedForNoLongerFailsThoughItsAuditIsClean() {
    FakeRun.decide(recorder, 100, 4, 20);
    results.set(parts -> parts.audit(CLEAN));
    results.giveUp("no verdict came");
    RunResult result = results.assemble(null, false);

    assertThat(results.gaveUp()).isTrue();
    assertThat(result.failure()).isEqualTo("no verdict came");
    assertThat(result.sound()).isFalse();
    assertThat(result.passed()).isFalse();
    assertThat(results.assemble("the broker ended", false).failure()).isEqualTo("the broker ended");
  }

  @Test
  void rateOfADrainedTopicIsThatOfItsProcedure() {
    FakeRun.decide(recorder, 100, 4, 20);
    results.special(Metric.DRAIN_PER_S, 12_345);

    assertThat(results.assemble(null, false).throughput().meanPerS()).isEqualTo(12_345);
  }

  @Test
  void latencyMayBeOfAnotherStretchThanTheThroughput() {
    FakeRun.decide(recorder, 100, 4, 20);
    LatencyRecorder other = new LatencyRecorder(0);
    FakeRun.decide(other, 10, 2, 50);
    results.latencyOf(other);
    RunResult result = results.assemble(null, false);

    assertThat(result.latencyMs().committed().count()).isEqualTo(20);
    assertThat(result.throughput().meanPerS()).isEqualTo(100);
  }

  @Test
  void startAndOfferedRateCanBeSomebodyElses() {
    results.set(parts -> parts.startedAt(Instant.EPOCH));
    results.offeredPerS(7.5);
    RunResult result = results.assemble(null, false);

    assertThat(result.startedAt()).isEqualTo(Instant.EPOCH);
    assertThat(result.load().offeredPerS()).isEqualTo(7.5);
  }
}
