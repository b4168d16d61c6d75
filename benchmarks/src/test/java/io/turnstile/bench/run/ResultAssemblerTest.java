package io.turnstile.bench.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.ResourceSampler;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.Objective;
import io.turnstile.bench.scenario.Metric;
import io.turnstile.bench.scenario.Scenario;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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
  void timeToSteadyIsJudgedAndAMeasurementBeforeItIsNoted() throws Exception {
    RunResult result = compiledForSixSeconds("rate: 100, warm_up: 1s, duration: 19s");

    assertThat(result.steadyAfterS()).isEqualTo(6);
    assertThat(result.objectives())
        .contains(new Objective("steady after", "≤ 5 s", 6.0, false, true));
    assertThat(result.notes())
        .containsExactly("Measured before the engine was steady, which it became 5 s later.");
  }

  @Test
  void loadWithoutARateHasNoTimeToSteady() throws Exception {
    RunResult result = compiledForSixSeconds("records: 2000");

    assertThat(result.steadyAfterS()).isNull();
    assertThat(result.objectives())
        .contains(new Objective("steady after", "≤ 5 s", null, false, true));
    assertThat(result.notes()).isEmpty();
  }

  /** Of 20 s, after one of warm-up; the compilers take half a core for six of them. */
  private RunResult compiledForSixSeconds(String load) throws Exception {
    AtomicLong now = new AtomicLong();
    ResourceSampler sampler = new ResourceSampler(directory, now::get);
    Path thread = Files.createDirectories(directory.resolve("0/task/1"));
    for (int second = 0; second <= 20; second++) {
      Files.writeString(
          thread.resolve("stat"),
          "1 (C2 CompilerThre) S 1 1 1 0 -1 0 0 0 0 0 %d 0 0 0 20 0 1 0 1"
              .formatted(50 * Math.min(second, 6)));
      now.set(TimeUnit.SECONDS.toNanos(second));
      sampler.sample(Map.of("engine", 0L));
    }
    Scenario scenario = FakeRun.scenario(directory, load, "goals: {steady_after_s: 5}");
    FakeRun.decide(recorder, 100, 20, 20);
    try (ResultAssembler sampled =
        new ResultAssembler(scenario, "turnstile", 1, "the command", recorder, sampler)) {
      return sampled.assemble(null, false);
    }
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
