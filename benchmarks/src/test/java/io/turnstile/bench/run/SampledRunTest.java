package io.turnstile.bench.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.run.SampledRun.Sample;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.Scenarios;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampledRunTest {

  private static final long START = 1_700_000_000_000L;

  @TempDir private Path directory;

  @Test
  void warmUpIsLeftOutWhateverTheOrderOfSamples() throws Exception {
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i <= 400; i++) {
      samples.add(new Sample(START + i * 10L, i < 200 ? 900 : 20, true));
    }
    Collections.reverse(samples);

    SampledRun run = new SampledRun(scenario("rate: 1000, warm_up: 2s"), samples);
    RunResult result = result(run);

    assertThat(run.startedAt().toEpochMilli()).isEqualTo(START);
    assertThat(result.latencyMs().committed().count()).isEqualTo(201);
    assertThat(result.latencyMs().committed().max()).isBetween(19.9, 20.1);
    assertThat(result.load().sent()).isEqualTo(401);
    assertThat(result.load().measuredS()).isEqualTo(2);
    assertThat(result.load().offeredPerS()).isEqualTo(100.5);
    assertThat(result.passed()).isTrue();
  }

  @Test
  void whatHasNoVerdictIsMissedAsUnavailable() throws Exception {
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      samples.add(new Sample(START + i * 100L, i < 20 ? 20 : 30_000, i < 20));
    }

    RunResult result = result(new SampledRun(scenario("rate: 10"), samples));

    assertThat(result.latencyMs().committed().count()).isEqualTo(20);
    assertThat(result.shares().availability()).isEqualTo(0.5);
    assertThat(result.passed()).isFalse();
  }

  @Test
  void scenarioWithSeveralRatesIsRefused() {
    assertThatThrownBy(
            () ->
                new SampledRun(
                    scenario("stages: [{from: 1, to: 5, for: 5s}]"),
                    List.of(new Sample(START, 1, true))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no single rate");
  }

  private Scenario scenario(String load) throws Exception {
    return Scenarios.read(
        Files.writeString(
            directory.resolve("sent.yaml"),
            "description: D.\nload: {%s}\nobjectives: {availability_percent: 99}\n"
                .formatted(load)),
        Engines.names());
  }

  private static RunResult result(SampledRun run) {
    AuditResult clean = new AuditResult(401, 401, 0, 0, 0, 401, Map.of(), 0, 0, 0, 0);
    return run.result("jmeter", 1, clean, null, "the test", Map.of(), List.of());
  }
}
