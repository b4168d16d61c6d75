package io.turnstile.bench.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.RateStep;
import io.turnstile.bench.result.RunResult.ScenarioMetric;
import io.turnstile.bench.run.Procedure.Load;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.simulator.SimulatedEvent;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcedureTest {

  @TempDir private Path directory;

  @Test
  void openLoopSendsTheScenarioAndMeasuresIt() throws Exception {
    Scenario scenario = FakeRun.scenario(directory, "rate: 100, warm_up: 1s, duration: 3s");
    FakeRun run = new FakeRun(scenario, (load, stretch) -> FakeRun.decide(stretch, 100, 4, 20));

    RunResult result = run.run();

    assertThat(run.sent).containsExactly(new Load.OfScenario());
    assertThat(result.load().sent()).isEqualTo(400);
    assertThat(result.load().offeredPerS()).isEqualTo(100);
    assertThat(result.latencyMs().committed().count()).isEqualTo(300);
    assertThat(result.latencyMs().committed().p99()).isBetween(19.9, 20.1);
    assertThat(result.throughput().processedPerS()).isEqualTo(42);
    assertThat(result.figures()).isEmpty();
  }

  @Test
  void preloadIsSentBeforeAndNotMeasured() throws Exception {
    Scenario scenario = FakeRun.scenario(directory, "rate: 100, duration: 3s, preload: 5000");
    FakeRun run =
        new FakeRun(
            scenario,
            (load, stretch) -> {
              boolean preload = load instanceof Load.Unpaced;
              FakeRun.decide(stretch, preload ? 1_000 : 100, preload ? 5 : 3, 20);
            });

    RunResult result = run.run();

    assertThat(run.sent).containsExactly(new Load.Unpaced(5_000), new Load.OfScenario());
    assertThat(result.latencyMs().committed().count()).isEqualTo(300);
    assertThat(result.figures()).extracting(ScenarioMetric::name).containsExactly("preloaded");
    assertThat(result.figures().get(0).value()).isCloseTo(1_000, within(10.0));
  }

  @Test
  void saturationDrainsAFilledTopicAndThenSearchesTheHighestRate() throws Exception {
    Scenario scenario = FakeRun.scenario(directory, "records: 100000", "procedure: saturation");
    FakeRun run =
        new FakeRun(
            scenario,
            (load, stretch) -> {
              if (load instanceof Load.AtRate at) {
                double seconds = at.length().toMillis() / 1000.0;
                FakeRun.decide(stretch, at.rate(), seconds, at.rate() <= 6_500 ? 20 : 400);
              } else {
                FakeRun.decide(stretch, 20_000, 5, 10);
              }
            });

    RunResult result = run.run();

    assertThat(run.filled()).isEqualTo(100_000);
    assertThat(result.search()).extracting(RateStep::offeredPerS).startsWith(4_000.0, 6_000.0);
    assertThat(result.search())
        .allSatisfy(step -> assertThat(step.held()).isEqualTo(step.offeredPerS() <= 6_500));
    assertThat(result.figures())
        .extracting(ScenarioMetric::name)
        .containsExactly("drained", "highest rate with committed p99 < 100 ms");
    double highest = result.figures().get(1).value();
    assertThat(highest).isBetween(6_000.0, 6_500.0);
    assertThat(result.throughput().meanPerS()).isCloseTo(20_000, within(500.0));
    assertThat(result.latencyMs().committed().p99()).isBetween(19.0, 21.0);
    assertThat(run.lines).hasSameSizeAs(result.search());
  }

  @Test
  void rateIsHeldOnlyIfItsLatencyIsWithinTheLimitAndNothingIsLeftBehind() {
    assertThat(Saturation.step(5_000, 99, 4_990).held()).isTrue();
    assertThat(Saturation.step(5_000, 100, 5_000).held()).isFalse();
    assertThat(Saturation.step(5_000, 20, 4_900).held()).isFalse();
  }

  @Test
  void exportIsInForceWithTheLastPurchase() throws Exception {
    Scenario scenario = FakeRun.scenario(directory, "records: 300", "procedure: inventory-export");
    FakeRun run =
        new FakeRun(
            scenario,
            (load, stretch) -> {
              for (SimulatedEvent event = ((Load.Of) load).source().next();
                  event != null;
                  event = ((Load.Of) load).source().next()) {
                if (event instanceof SimulatedEvent.Submission) {
                  long now = System.nanoTime();
                  stretch.sent(now, now);
                  stretch.joined(0, now, now + 1_000_000_000L);
                }
              }
            });

    RunResult result = run.run();

    assertThat(result.load().sent()).isEqualTo(InventoryExport.BOUGHT);
    assertThat(result.figures())
        .extracting(ScenarioMetric::name)
        .containsExactly("products", "published after", "in force after");
    assertThat(result.figures().get(2).value()).isBetween(1.0, 10.0);
  }

  @Test
  void usersOfAGatewayAreMeasuredStageByStage() throws Exception {
    Scenario scenario =
        FakeRun.scenario(directory, "records: 1000, users: [10, 20]", "procedure: http-users");
    FakeRun run =
        new FakeRun(
            scenario,
            (load, stretch) ->
                FakeRun.decide(stretch, 500, 2, ((Load.Users) load).users() == 10 ? 20 : 40));

    RunResult result = run.run();

    assertThat(run.sent)
        .containsExactly(
            new Load.Users(10, 1_000), new Load.Users(10, 1_000), new Load.Users(20, 1_000));
    assertThat(result.figures())
        .extracting(ScenarioMetric::name)
        .containsExactly(
            "10 users: average",
            "10 users: p95",
            "10 users: error",
            "10 users: requests",
            "20 users: average",
            "20 users: p95",
            "20 users: error",
            "20 users: requests");
    assertThat(result.figures().get(1).value()).isCloseTo(20, within(0.1));
    assertThat(result.figures().get(5).value()).isCloseTo(40, within(0.1));
    assertThat(result.latencyMs().committed().count()).isEqualTo(1_000);
  }

  @Test
  void requestThatAGatewayDidNotAnswerAtOnceIsAnError() throws Exception {
    Scenario scenario =
        FakeRun.scenario(
            directory,
            "rate: 100, duration: 4s, connections: 5",
            "goals: {error_percent: 0.1, committed_p99_ms: 100}");
    FakeRun run = new FakeRun(scenario, (load, stretch) -> FakeRun.decide(stretch, 100, 4, 20));
    run.failed = 4;

    RunResult result = run.run();

    assertThat(result.objectives())
        .filteredOn(objective -> objective.name().equals("errors"))
        .singleElement()
        .satisfies(objective -> assertThat(objective.actual()).isEqualTo(1.0));
  }

  @Test
  void estimateIsOfEverythingThatIsSent() throws Exception {
    Scenario scenario =
        FakeRun.scenario(directory, "rate: 100, warm_up: 10s, duration: 30s, preload: 200000");

    assertThat(Procedure.of(scenario).estimate(scenario.load())).isEqualTo(Duration.ofSeconds(50));
  }
}
